"""`cutis screen`: one command from photos to a recommendation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.cli import build_app, main


@pytest.fixture
def bundle(colour_bundle: Path, tmp_path: Path) -> Path:
    """The bundle of colours, which looks for red."""
    from dataclasses import replace

    from cutis.core.bundle import Bundle, OperatingPoint, Vectors, write_bundle

    opened = Bundle.open(colour_bundle)
    info = replace(opened.info, operating_points=(OperatingPoint("red", "red", 0.5, "youden"),))
    write_bundle(tmp_path / "red.cutis", info, opened.model, "# Red\n", Vectors((), "by hand", 1e-3, 0.0))
    return tmp_path / "red.cutis"


def photo(path: Path) -> Path:
    rows, columns = np.indices((240, 300))
    skin = np.array([215, 170, 150]) + np.random.default_rng(0).normal(0, 3, (240, 300, 3))
    for row, column in ((60, 70), (170, 200)):
        skin[np.hypot(rows - row, columns - column) < 18] -= (5, 60, 50)
    Image.fromarray(np.clip(skin, 0, 255).astype(np.uint8)).save(path)
    return path


def test_photos_become_files_and_a_sentence(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["screen", str(bundle), str(photo(tmp_path / "arm.png")), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as ended:
        build_app(arguments)(arguments)
    assert ended.value.code == 0
    said = capsys.readouterr()
    assert "trained on rendered images, not for care" in said.err
    assert "never a diagnosis" in said.out
    assert said.out.splitlines()[-1].startswith(f"Screening: {out / 'screening.html'}")
    assert {path.name for path in out.iterdir()} == {
        "lesions.csv", "patient.json", "screening.html", "overlay_01_arm.png",
    }  # fmt: skip
    assert len(json.loads((out / "patient.json").read_text())["photos"][0]["lesions"]["lesions"]) == 2


def test_nothing_but_unreadable_photos_is_an_error(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    arguments = ["screen", str(bundle), str(tmp_path / "broken.jpg"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "broken.jpg" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
