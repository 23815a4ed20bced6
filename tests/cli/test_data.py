"""`cutis data check` and `cutis data split` from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.cli import main
from cutis.core.errors import CutisError
from cutis.core.manifest import read_manifest

Pixels = NDArray[np.uint8]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cutis(
    tmp_path: Path,
    photo: Callable[..., Pixels],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run the command line beside manifest.csv of 24 photos of 12 lesions."""
    (tmp_path / "images").mkdir()
    rows = ["image,lesion_id,dx"]
    for number in range(24):
        Image.fromarray(photo(number, 60, 80)).save(tmp_path / "images" / f"{number}.png")
        rows.append(f"images/{number}.png,L{number // 2},{'mel' if number % 4 > 1 else 'nv'}")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cutis", "data", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        streams = capsys.readouterr()
        return int(caught.value.code or 0), streams.out, streams.err

    return run


def test_a_good_manifest_passes_the_check(cutis: Run) -> None:
    status, out, _ = cutis("check", "manifest.csv", "--target", "dx")
    assert status == 0
    assert "24 (12)" in out
    assert out.rstrip().endswith("Nothing to mend.")


def test_wrong_rows_stop_the_check_with_one_message(cutis: Run) -> None:
    text = Path("manifest.csv").read_text().replace("L3", "").replace("images/9.png", "images/90.png")
    Path("manifest.csv").write_text(text)
    status, out, err = cutis("check", "manifest.csv")
    assert (status, out) == (1, "")
    lines = err.strip().splitlines()
    assert [line.split(": ")[0] for line in lines] == ["manifest.csv:8", "manifest.csv:9", "manifest.csv:11"]


def test_a_path_that_the_system_refuses_is_told_in_one_line(cutis: Run) -> None:
    status, out, err = cutis("check", "a" * 5000 + ".csv")
    assert (status, out) == (1, "")
    assert err.endswith("Check the path, and who may read it or write there.\n")
    assert "Traceback" not in err


def test_a_folder_is_no_manifest(cutis: Run) -> None:
    status, out, err = cutis("check", "images")
    assert (status, out) == (1, "")
    assert err == "images: is a folder. Give the table in it, a .csv or .parquet file.\n"


def test_the_options_of_a_split_are_refused_before_a_photo_is_read(cutis: Run) -> None:
    for options in (("--out", "split.txt"), ("--out", "split.csv", "--parts", "1,2")):
        for photo in Path("images").iterdir():
            photo.write_bytes(b"")  # would be told of
        status, _, err = cutis("split", "manifest.csv", *options)
        assert status == 1
        assert "cannot be read" not in err
        assert not Path("split.csv").exists()


def test_what_is_to_mend_is_listed_and_the_exit_status_is_one(cutis: Run) -> None:
    Path("images/5.png").write_bytes(b"")
    with Image.open("images/2.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save("images/20.png")
    table = pl.read_csv("manifest.csv").with_columns(
        pl.Series("split", ["train"] * 9 + ["tune"] * 3 + ["test"] * 12)
    )
    table.write_csv("manifest.csv")
    status, out, _ = cutis("check", "manifest.csv", "--pairs", "copies.csv")
    assert status == 1
    assert "manifest.csv:7: image 'images/5.png' is empty (0 bytes)" in out
    assert "lesion_id 'L4' is in train in row 10; tune in row 11" in out
    (line,) = [line for line in out.splitlines() if line.startswith("2  20  distance 0.")]
    assert "near copy, mirrored; different lesion_id; split train and test" in line
    assert out.rstrip().endswith("To mend: 1 photo that cannot be used, 2 leaks across the split.")
    assert pl.read_csv("copies.csv").select("image_id", "copy", "turned", "same_group").rows() == [
        (2, 20, "mirrored", False)
    ]


def test_groups_on_both_sides_and_empty_classes_are_told_before_a_photo_is_read(
    cutis: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    splits = ["train"] * 9 + ["test"] * 15
    pl.read_csv("manifest.csv").with_columns(
        pl.Series("split", splits), pl.Series("dx", ["mel"] + ["nv"] * 23)
    ).write_csv("manifest.csv")

    def reading(*_: object, **__: object) -> None:
        raise CutisError("photos are read now")

    monkeypatch.setattr("cutis.data.check.fingerprint", reading)
    status, out, err = cutis("check", "manifest.csv", "--target", "dx")
    assert (status, err) == (1, "photos are read now\n")
    assert "lesion_id 'L4' is in train in row 10; test in row 11" in out
    assert "no row of split 'test' has dx 'mel'" in out


def test_a_split_is_written_that_passes_the_check_from_another_folder(cutis: Run) -> None:
    status, out, _ = cutis("split", "manifest.csv", "--out", "splits/a.csv", "--target", "dx", "--seed", "3")
    assert status == 0
    assert out.rstrip().endswith("Split: splits/a.csv")
    made = read_manifest("splits/a.csv", target="dx")
    assert made.table["image"][0] == "../images/0.png"
    assert {len(made.part(split)) for split in ("train", "tune", "test")} <= {16, 4, 18, 2}
    assert cutis("check", "splits/a.csv", "--target", "dx")[0] == 0
    cutis("split", "manifest.csv", "--out", "splits/b.parquet", "--target", "dx", "--seed", "3")
    assert read_manifest("splits/b.parquet").split_hash == made.split_hash


def test_lesions_that_share_a_photo_stay_in_one_split_and_that_is_said(cutis: Run) -> None:
    for number in range(1, 24, 2):  # every lesion shares a photo with the next
        content = Path(f"images/{number}.png").read_bytes()
        Path(f"images/{(number + 1) % 24}.png").write_bytes(content)
    arguments = ("split", "manifest.csv", "--out", "out.csv", "--allow-empty-class")
    status, _, err = cutis(*arguments)
    assert status == 0
    assert "12 pairs of copies have a different lesion_id; they are kept in one split." in err
    assert pl.read_csv("out.csv")["split"].n_unique() == 1
    assert cutis(*arguments, "--ignore-copies")[0] == 0
    assert pl.read_csv("out.csv")["split"].n_unique() == 3


def test_a_class_with_too_few_lesions_leaves_no_file_behind(cutis: Run) -> None:
    text = Path("manifest.csv").read_text()
    Path("manifest.csv").write_text(text.replace("images/0.png,L0,nv", "images/0.png,L0,df"))
    arguments = ("split", "manifest.csv", "--out", "out.csv", "--target", "dx", "--ignore-copies")
    status, _, err = cutis(*arguments)
    assert status == 1
    assert "dx 'df' has 1 group (lesion_id)" in err
    assert not Path("out.csv").exists()
    assert cutis(*arguments, "--allow-empty-class")[0] == 0


@pytest.mark.parametrize("parts", ["a,b,c", "0.5,0.5"])
def test_shares_that_are_none_are_refused(cutis: Run, parts: str) -> None:
    status, _, err = cutis("split", "manifest.csv", "--out", "out.csv", "--parts", parts, "--ignore-copies")
    assert status in (1, 2)
    assert "three shares" in err


def test_an_unwritable_place_is_named(cutis: Run) -> None:
    Path("file").touch()
    status, _, err = cutis("split", "manifest.csv", "--out", "file/out.csv", "--ignore-copies")
    assert status == 1
    assert "could not be written" in err
