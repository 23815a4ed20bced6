"""What a bundle promises: it comes back as it was written, or it does not open at all."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.bundle import (
    Bundle,
    BundleInfo,
    Dense,
    FittedOn,
    Member,
    OperatingPoint,
    TrainingData,
    Vector,
    Vectors,
    write_bundle,
)
from cutis.core.errors import BundleError, OutputError
from cutis.core.labels import Categorical, Label
from cutis.core.operating_point import PatientRule, Pooling

INFO = BundleInfo(
    name="dermoscopy",
    version="1.0",
    created="2025-01-01T00:00:00Z",
    cutis="0.1.0",
    task="dermoscopy",
    title="Dermoscopic diagnosis",
    labels=Categorical((Label("nv", "Nevus", {"icd10": "D22"}), Label("mel", "Melanoma"))),
    modality="dermoscopic",
    size=224,
    members=(Member("run", "tiny", 224, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 1.3),),
    training=TrainingData("phantoms", True, 10, 8, "abc", "def", ("leakage",), "Apache-2.0"),
    operating_points=(
        OperatingPoint("careful", "mel", 0.2, "sensitivity >= 0.95", FittedOn("tune", "def", 9)),
    ),
    metrics={"auc_macro": {"value": 0.9, "low": 0.8, "high": 0.95}},
)
MODEL = bytes(range(256)) * 40


def vectors() -> Vectors:
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    return Vectors((Vector(image, {"nv": 0.75, "mel": 0.25}),), "torch float32", 1e-3, 2e-6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "a.cutis", INFO, MODEL, "# Card\n", vectors())
    return tmp_path / "a.cutis"


def rewrite(path: Path, changes: dict[str, bytes | None], comment: bytes | None = None) -> None:
    """Change, add or (None) remove members as somebody with a zip program would."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
        kept = archive.comment
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**contents, **changes}.items():
            if content is not None:
                archive.writestr(name, content)
        archive.comment = kept if comment is None else comment


def test_a_bundle_comes_back_as_it_was_written(path: Path) -> None:
    bundle = Bundle.open(path)
    assert bundle.info == INFO
    assert bundle.model == MODEL
    assert bundle.card == "# Card\n"
    assert bundle.vectors.tolerance == 1e-3
    assert bundle.vectors.cases[0].probabilities == {"nv": 0.75, "mel": 0.25}
    np.testing.assert_array_equal(bundle.vectors.cases[0].image, vectors().cases[0].image)


def test_the_same_contents_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "b.cutis", INFO, MODEL, "# Card\n", vectors())
    assert (tmp_path / "b.cutis").read_bytes() == path.read_bytes()
    write_bundle(tmp_path / "c.cutis", replace(INFO, temperature=1.1), MODEL, "# Card\n", vectors())
    assert Bundle.open(tmp_path / "c.cutis").digest != Bundle.open(path).digest


def test_a_missing_bundle_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no\.cutis: there is no such bundle"):
        Bundle.open(tmp_path / "no.cutis")


@given(keep=st.floats(0, 0.999))
def test_a_truncated_bundle_never_opens(tmp_path_factory: pytest.TempPathFactory, keep: float) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.cutis"
    write_bundle(path, INFO, MODEL, "# Card\n", vectors())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    with pytest.raises(BundleError, match="Copy or download it again"):
        Bundle.open(path)


@given(where=st.floats(0, 0.9999), flip=st.integers(1, 255))
def test_a_flipped_byte_never_changes_what_a_bundle_says(
    tmp_path_factory: pytest.TempPathFactory, where: float, flip: int
) -> None:
    path = tmp_path_factory.mktemp("flip") / "a.cutis"
    write_bundle(path, INFO, MODEL, "# Card\n", vectors())
    before = Bundle.open(path)
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= flip
    path.write_bytes(content)
    try:
        after = Bundle.open(path)
    except BundleError:
        return
    # Some bytes of a zip mean nothing (dates, attributes); the contents are then the same.
    assert (after.info, after.model, after.card, after.digest) == (
        before.info,
        before.model,
        before.card,
        before.digest,
    )


def test_tampering_names_the_member(path: Path) -> None:
    rewrite(path, {"card.md": b"# Card of a medical device\n"})
    with pytest.raises(BundleError, match=r"card\.md was altered"):
        Bundle.open(path)


@pytest.mark.parametrize("member", ["model.onnx", "card.md", "vectors/expected.json"])
def test_a_member_that_is_gone_is_named(path: Path, member: str) -> None:
    rewrite(path, {member: None})
    with pytest.raises(BundleError, match=f"{member} is missing"):
        Bundle.open(path)


def test_a_member_that_was_added_is_named(path: Path) -> None:
    rewrite(path, {"extra.bin": b"?"})
    with pytest.raises(BundleError, match=r"extra\.bin does not belong to it"):
        Bundle.open(path)


def test_an_edited_threshold_is_noticed(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        header = archive.read("bundle.json")
    assert b"0.2" in header
    rewrite(path, {"bundle.json": header.replace(b"0.2", b"0.9")})
    with pytest.raises(BundleError, match=r"bundle\.json was altered"):
        Bundle.open(path)


def test_a_newer_format_says_which_version_is_needed(path: Path) -> None:
    header = json.dumps({"format": 99, "cutis": "7.1.0", "other": "layout"}).encode()
    rewrite(path, {"bundle.json": header}, comment=b"")
    with pytest.raises(BundleError, match=r"format 99.*Install cutis 7\.1\.0 or later"):
        Bundle.open(path)


def test_unknown_keys_of_the_same_format_are_left_out() -> None:
    data = {**INFO.to_dict(), "remark": "of a later version"}
    assert BundleInfo.from_dict(json.loads(json.dumps(data))) == INFO


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", b"\x89PNG\r\n\x1a\n" * 100])
def test_a_file_that_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.cutis").write_bytes(content)
    with pytest.raises(BundleError, match="is not a complete bundle"):
        Bundle.open(tmp_path / "x.cutis")


def test_a_zip_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.cutis", "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(BundleError, match="not a cutis bundle"):
        Bundle.open(tmp_path / "x.cutis")


def test_writing_where_one_cannot_keeps_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_bundle(path, replace(INFO, name="other"), MODEL, "# Card\n", vectors())
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_dense_graph_comes_back_with_its_patch_and_stride(tmp_path: Path) -> None:
    info = replace(INFO, dense=Dense(patch=128, stride=8, spacing=1.0))
    write_bundle(tmp_path / "a.cutis", info, MODEL, "# Card\n", vectors(), dense=b"dense" * 99)
    bundle = Bundle.open(tmp_path / "a.cutis")
    assert bundle.info.dense == Dense(128, 8, 1.0)
    assert bundle.dense == b"dense" * 99


def test_a_dense_graph_that_was_altered_or_is_gone_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.cutis"
    info = replace(INFO, dense=Dense(128, 8))
    write_bundle(path, info, MODEL, "# Card\n", vectors(), dense=b"dense" * 99)
    rewrite(path, {"dense.onnx": b"other"})
    with pytest.raises(BundleError, match=r"dense\.onnx was altered"):
        Bundle.open(path)
    rewrite(path, {"dense.onnx": None})
    with pytest.raises(BundleError, match=r"dense\.onnx is missing"):
        Bundle.open(path)


def test_a_bundle_without_a_dense_graph_says_nothing_of_one(path: Path) -> None:
    bundle = Bundle.open(path)
    assert bundle.dense is None
    assert bundle.info.dense is None
    with zipfile.ZipFile(path) as archive:  # so that bundles written before stay the same, byte by byte
        assert "dense" not in json.loads(archive.read("bundle.json"))


@pytest.mark.parametrize(("described", "dense"), [(Dense(128, 8), None), (None, b"dense")])
def test_a_dense_graph_and_its_description_belong_together(
    tmp_path: Path, described: Dense | None, dense: bytes | None
) -> None:
    with pytest.raises(BundleError, match="belong together"):
        write_bundle(tmp_path / "a.cutis", replace(INFO, dense=described), MODEL, "", vectors(), dense)
    assert not list(tmp_path.iterdir())


def test_how_patients_are_answered_for_comes_back_as_it_was_written(tmp_path: Path) -> None:
    figure = {"value": 0.96, "low": 0.94, "high": 0.98}
    fitted = FittedOn("tune", "def", 900, groups=120)
    point = OperatingPoint("severe", "mel", 0.3, "bound", fitted, {"sensitivity": figure}, "A note.")
    rule = PatientRule("mel", Pooling("smooth_max", sharpness=2.0, slope=1.2, offset=-0.3), 0.24, point)
    write_bundle(tmp_path / "p.cutis", replace(INFO, patient=rule), MODEL, "# Card\n", vectors())
    assert Bundle.open(tmp_path / "p.cutis").info.patient == rule
    assert INFO.patient is None and "patient" not in INFO.to_dict()
