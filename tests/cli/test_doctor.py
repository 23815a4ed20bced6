"""`cutis doctor` says what is sound and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cutis.cli.doctor import doctor
from cutis.core.bundle import Bundle, write_bundle


def test_a_sound_bundle_passes(colour_bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doctor([str(colour_bundle)])
    said = capsys.readouterr().out
    assert "passed   colour.cutis: Which colour is it? 1.0, 3 classes, trained on rendered images" in said
    assert "onnxruntime " in said
    assert said.splitlines()[-1].startswith("1 bundles checked")


def test_a_bundle_that_answers_otherwise_here_fails(
    colour_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    bundle = Bundle.open(colour_bundle)
    case = replace(bundle.vectors.cases[0], probabilities={"red": 0.5, "green": 0.3, "blue": 0.2})
    other = tmp_path / "other.cutis"
    write_bundle(other, bundle.info, bundle.model, bundle.card, replace(bundle.vectors, cases=(case,)))
    with pytest.raises(typer.Exit) as end:
        doctor([str(colour_bundle), str(other)])
    assert end.value.exit_code == 1
    captured = capsys.readouterr()
    assert "passed   colour.cutis" in captured.out
    assert "failed   other.cutis" in captured.err
    assert "largest difference 4.9e-01, but no more than 1.0e-03 is allowed" in captured.err


def test_a_damaged_bundle_fails_and_the_others_are_checked_all_the_same(
    colour_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.cutis"
    cut.write_bytes(colour_bundle.read_bytes()[:-100])
    with pytest.raises(typer.Exit):
        doctor([str(cut), str(colour_bundle)])
    captured = capsys.readouterr()
    assert "is not a complete bundle" in captured.err
    assert "passed   colour.cutis" in captured.out


def test_every_shipped_bundle_passes(capsys: pytest.CaptureFixture[str]) -> None:
    from cutis import zoo

    doctor(None)
    assert capsys.readouterr().out.count("passed   ") == len(zoo.names())
