"""What is right and wrong with a file, and the commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from cutis.cli import main
from cutis.core.errors import CutisError
from cutis.interop.dicom.check import check_file
from cutis.interop.dicom.description import Description, Patient
from cutis.interop.dicom.modules import save
from cutis.interop.dicom.sites import PLAIN, side_of, site_code
from cutis.interop.dicom.wrap import wrap


@pytest.fixture
def photo(files: dict[str, Path], tmp_path: Path) -> Path:
    data = wrap([files["photo.jpg"]], "dermoscopic", Description(patient=Patient("P"))).data
    save(data, tmp_path / "photo.dcm")
    return tmp_path / "photo.dcm"


def sentences(path: Path) -> str:
    return "\n".join(f"{one.level}: {one.text}" for one in check_file(path).findings)


def test_what_cutis_writes_is_good(photo: Path) -> None:
    found = check_file(photo)
    assert found.good
    assert (found.kind, found.size) == ("Dermoscopic Photography Image Storage", "83 x 61 pixels")


def test_missing_and_empty_attributes_are_named(photo: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(photo)
    del data.LightSourcePolarization
    data.Manufacturer = ""
    data.PatientID = ""
    data.save_as(tmp_path / "b.dcm")
    said = sentences(tmp_path / "b.dcm")
    assert "wrong: attributes are missing: LightSourcePolarization" in said
    assert "attributes are empty and must not be: Manufacturer" in said
    assert "attention: no patient's id" in said


@pytest.mark.parametrize("share", [0.01, 0.3, 0.8])
def test_a_truncated_file_is_wrong_in_one_line(photo: Path, share: float, tmp_path: Path) -> None:
    content = photo.read_bytes()
    (tmp_path / "cut.dcm").write_bytes(content[: int(len(content) * share)])
    found = check_file(tmp_path / "cut.dcm")
    assert not found.good
    assert all("\n" not in one.text for one in found.findings)


def test_odd_private_tags_do_no_harm(photo: Path, tmp_path: Path) -> None:
    data = pydicom.dcmread(photo)
    block = data.private_block(0x0043, "ODD \\ CREATOR", create=True)
    block.add_new(0x01, "UN", bytes(range(256)))
    block.add_new(0x02, "OB", b"")
    data.save_as(tmp_path / "odd.dcm")
    assert "wrong: attr" not in sentences(tmp_path / "odd.dcm")


def test_body_sites_are_codes_of_the_standard() -> None:
    for name in PLAIN:
        code = site_code(name)
        assert code.scheme_designator == "SCT", name
    assert site_code("lower back").value == "113182001"
    assert site_code("skin of nasolabial fold").meaning.lower() == "skin of nasolabial fold"
    assert site_code("73897004").meaning == "Skin of face"
    with pytest.raises(CutisError, match=r"Did you mean .*forehead"):
        site_code("forhead")
    assert side_of("L") == "left"
    with pytest.raises(CutisError, match="not one of left"):
        side_of("up")


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line, in this process."""

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["cutis", "dicom", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        told = capsys.readouterr()
        return Done(int(str(code or 0)), told.out, told.err)

    return call


def test_wrap_check_and_unwrap_as_commands(
    files: dict[str, Path], tmp_path: Path, run: Callable[..., Done]
) -> None:
    done = run(
        "wrap", files["photo.jpg"], "--as", "dermoscopic", "--out", tmp_path / "a.dcm", "--patient-id", "P",
        "--polarised", "--contact", "--immersion", "gel", "--magnification", "10", "--site", "face",
        "--side", "left", "--acquired", "exif",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Dermoscopic Photography Image Storage" in done.stdout
    assert pydicom.dcmread(tmp_path / "a.dcm").ImmersionMedia == "ULTRASOUND_GEL"
    assert run("check", tmp_path / "a.dcm").returncode == 0
    done = run("unwrap", tmp_path / "a.dcm", "--out", tmp_path / "b.jpg")
    assert "bit by bit" in done.stdout
    assert (tmp_path / "b.jpg").read_bytes() == files["photo.jpg"].read_bytes()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--as", "xray"], "--as is 'xray', not one of clinical, dermoscopic, confocal"),
        (["--as", "clinical", "--birth-date", "yesterday"], "not a day such as"),
        (["--as", "clinical", "--acquired", "soon"], "not a moment such as"),
        (["--as", "clinical", "--site", "moon"], "is no place on the skin"),
        (["--as", "clinical", "--sex", "Q"], "not one of M, F, O"),
        (["--as", "clinical", "--pack", "zip"], "not one of none, jpeg-ls"),
    ],
)
def test_wrong_options_are_one_line_and_write_nothing(
    options: list[str], sentence: str, files: dict[str, Path], tmp_path: Path, run: Callable[..., Done]
) -> None:
    done = run("wrap", files["photo.jpg"], *options, "--out", tmp_path / "a.dcm")
    assert done.returncode == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_predict_takes_dicom(photo: Path, colour_bundle: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cutis", "predict", colour_bundle, photo, "--out", tmp_path / "p.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p.csv").read_text().splitlines()[1].startswith("photo,")


def test_loading_the_package_leaves_pydicom_unloaded() -> None:
    code = "import sys, cutis.cli, cutis.imaging.read, cutis.runtime.engine; print('pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_validator_that_is_missing_is_said(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: str) -> None:
        return None

    finder: Callable[[str], None] = nowhere
    monkeypatch.setattr("shutil.which", finder)
    assert "dciodvfy is not installed" in sentences(photo)
