"""What all targets promise, and `cutis export --target` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from cutis import zoo
from cutis.cli.export import export
from cutis.core.bundle import Bundle
from cutis.core.errors import CutisError, MissingExtraError, OutputError
from cutis.export.targets.facts import facts
from cutis.export.targets.make import Options, export_target
from cutis.runtime.gate import operating_point

_NO_TORCH = (
    "import sys; sys.modules['torch'] = None; from cutis.cli import main; sys.argv[0] = 'cutis'; main()"
)


def test_a_shipped_bundle_goes_to_a_page_without_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _NO_TORCH, "export", "drug_reaction", "--target", "web"]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "page")], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "size of the graph" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("README.md")
    source = Bundle.open(zoo.path("drug_reaction"))
    assert (tmp_path / "page" / "model.onnx").read_bytes() == source.model
    told = (tmp_path / "page" / "README.md").read_text()
    assert "Trained on rendered images, not for care." in told
    assert "Thresholds are for one lesion." in told


def test_table_json_and_readme_say_the_same(bundle: Bundle, photos: Path, tmp_path: Path) -> None:
    figures = export_target(bundle, tmp_path / "out", "web", Options(images=photos))
    assert json.loads((tmp_path / "out" / "figures.json").read_text()) == json.loads(
        json.dumps(figures.to_dict())
    )
    told = (tmp_path / "out" / "README.md").read_text()
    for row in figures.rows():
        assert f"| {' | '.join(row)} |" in told
    assert figures.parity.photos == 42
    assert figures.milliseconds > 0
    assert figures.bytes == (tmp_path / "out" / "model.onnx").stat().st_size


@pytest.mark.parametrize("name", zoo.names())
def test_thresholds_of_every_shipped_bundle_are_places_in_its_probabilities(name: str) -> None:
    source = Bundle.open(zoo.path(name))
    told = facts(source, "web")
    json.dumps(told)
    for point, stored in zip(told["operating_points"], source.info.operating_points, strict=True):
        here = told["probabilities"][point["first"] : point["first"] + point["count"]]
        assert here == (list(source.info.good) if stored.label == "good" else [stored.label])
        assert point["threshold"] == stored.threshold
    assert len(told["labels"]) * (len(told["answers"]) if source.info.labels.several else 1) == len(
        told["probabilities"]
    )


def test_a_gates_first_threshold_is_the_one_that_python_uses() -> None:
    source = Bundle.open(zoo.path("image_quality"))
    (first, *_) = facts(source, "web")["operating_points"]
    assert first["name"] == operating_point(source.info, None).name
    assert all(finding["advice"] for finding in facts(source, "web")["findings"])


def test_no_photo_of_the_user_goes_along(bundle: Bundle, photos: Path, tmp_path: Path) -> None:
    export_target(bundle, tmp_path / "out", "web", Options(images=photos))
    raw = {(tmp_path / "out" / "vectors" / f"{n}.rgb").read_bytes() for n in (1, 2)}
    assert raw == {case.image.tobytes() for case in bundle.vectors.cases}


def test_a_folder_of_other_things_is_left_alone(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CutisError, match="holds other files"):
        export_target(bundle, tmp_path, "web")
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_an_earlier_export_is_replaced(bundle: Bundle, tmp_path: Path) -> None:
    for _ in range(2):
        export_target(bundle, tmp_path / "out", "web")
    assert (tmp_path / "out" / "model.json").is_file()


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_where_no_folder_can_be_the_message_says_so(bundle: Bundle, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="could not be written"):
        export_target(bundle, tmp_path / place, "web")
    assert (tmp_path / "file").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_an_unreadable_photo_stops_it_and_nothing_is_written(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"no photo")
    with pytest.raises(CutisError, match=r"a\.jpg"):
        export_target(bundle, tmp_path / "out", "web", Options(images=tmp_path / "photos"))
    assert [file.name for file in tmp_path.iterdir()] == ["photos"]


def test_an_incomplete_runtime_is_named(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(CutisError, match=r"has no ort\.wasm\.min\.mjs"):
        export_target(bundle, tmp_path / "out", "web", Options(runtime=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_without_onnx_the_message_names_the_extra(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for target in ("phone", "camera"):
        with pytest.raises(MissingExtraError, match=r"pip install 'cutis\[edge\]'"):
            export_target(bundle, tmp_path / "out", target)  # type: ignore[arg-type]


def _wrong(match: str, place: Path, out: Path, **options: object) -> None:
    with pytest.raises(typer.BadParameter, match=match):
        export([place], out, **options)  # type: ignore[arg-type]


def test_wrong_usage_is_explained(bundle: Bundle, tmp_path: Path) -> None:
    place, out = bundle.path, tmp_path / "out"
    _wrong("is a bundle already", place, tmp_path / "again.cutis")
    _wrong("is a bundle already", Path("drug_reaction"), tmp_path / "again.cutis")
    _wrong("--views is for runs", place, out, target="web", views=2)
    _wrong("--no-measure is for runs", place, out, target="web", measure=False)
    _wrong("--int8 is for bundles", place, out, target="phone", int8=True)
    _wrong("named like a bundle", place, tmp_path / "page.cutis", target="web")
    _wrong("--input is for --target camera", place, out, target="web", input_="640x480")
    _wrong("no size in pixels", place, out, target="camera", input_="640")
    _wrong("more than 8192", place, out, target="camera", input_="99999x10")
    _wrong("--runtime is for --target web", place, out, target="phone", runtime=tmp_path)
    _wrong("--images needs --target", tmp_path, tmp_path / "a.cutis", images=tmp_path)
    with pytest.raises(typer.BadParameter, match="one bundle"):
        export([place, place], out, target="web")
    assert list(tmp_path.iterdir()) == []


def test_the_size_of_frames_is_width_by_height(bundle: Bundle, tmp_path: Path) -> None:
    export([bundle.path], tmp_path / "out", target="camera", input_="96x72")
    told = json.loads((tmp_path / "out" / "model.json").read_text())["input"]
    assert (told["width"], told["height"]) == (96, 72)
    assert "uint8_t image[72][96][3]" in (tmp_path / "out" / "README.md").read_text()


def test_a_run_is_judged_on_the_photos_that_it_was_tuned_on(
    make_run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cutis.export.targets.photos.LEAST", 8)
    monkeypatch.setattr("cutis.export.targets.make.phone.INT8", _ANY)
    export([make_run()], tmp_path / "out", target="phone", measure=False)
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())["parity"]
    assert figures["origin"] == "of split.csv"
    assert figures["photos"] - figures["drawn"] == 12  # half of the 24 tune photos
    assert Bundle.open(tmp_path / "out" / "out_int8.cutis").info.precision == "int8"


class _Anything:
    answers = points = -1.0
    largest = mean = float("inf")


_ANY = _Anything()
