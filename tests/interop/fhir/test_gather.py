"""From photos to a report, by the runtime and by the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cutis.interop.fhir.elements import RELEASES, Release
from cutis.interop.fhir.example import text
from cutis.interop.fhir.gather import picture_of, prediction_of, quality_of
from cutis.interop.fhir.read import predictions_in, risk_in
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.runtime.screening import screen

ROOT = Path(__file__).resolve().parents[3]
Problems = Callable[[str, dict[str, Any]], list[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, photo: Callable[..., Any]) -> Path:
    """Two photos of a spot on skin."""
    made = tmp_path_factory.mktemp("photos")
    for seed in (1, 2):
        Image.fromarray(photo(seed)).save(made / f"arm-{seed}.jpg", quality=90)
    return made


def _run(*arguments: object) -> Any:
    from cutis.cli import build_app

    return CliRunner().invoke(build_app(["fhir"]), ["fhir", "report", *map(str, arguments)])


def test_the_documentation_shows_what_is_written() -> None:
    assert (ROOT / "docs" / "fhir_example.json").read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("release", RELEASES)
def test_the_command_writes_a_report_that_a_record_takes(
    folder: Path, tmp_path: Path, problems: Problems, release: Release
) -> None:
    out = tmp_path / "report.json"
    done = _run(
        "dermoscopy", folder, "--patient", "Patient/12", "--out", out, "--release", release, "--embed"
    )
    assert done.exit_code == 0, done.output
    bundle = json.loads(out.read_text())
    assert problems(release, bundle) == []
    first, second = predictions_in(bundle)
    assert (first.image_id, second.image_id) == ("arm-1", "arm-2")
    engine = Engine.open("dermoscopy")
    direct = engine(folder / "arm-1.jpg")
    assert {one.name: one.probability for one in first.answers[0].outcomes} == pytest.approx(
        direct.probabilities, abs=1e-6
    )
    assert first.model.digest == engine.bundle.digest and first.quality is not None
    points = {point.name: point.reached for point in first.points}
    for point in engine.info.operating_points:
        assert points[point.name] == (direct.probabilities[point.label] >= point.threshold)


def test_conditions_are_told_one_by_one(folder: Path) -> None:
    engine = Engine.open("facial")
    result = engine(folder / "arm-1.jpg")
    told = prediction_of(engine.info, engine.bundle.digest, "arm-1", result)
    assert [one.question for one in told.answers] == list(engine.info.labels.names)
    for one in told.answers:
        assert sum(outcome.probability for outcome in one.outcomes) == pytest.approx(1, abs=1e-5)
        assert one.said == result.grades[one.question] and one.expected == result.expected[one.question]


def test_a_gate_tells_its_reasons(folder: Path) -> None:
    gate = Gate(Engine.open("image_quality"))
    verdict = gate(folder / "arm-1.jpg")
    told = quality_of(gate, verdict)
    assert told.passed == verdict.passed and told.good == pytest.approx(verdict.good)
    assert {one.name for one in told.reasons} == set(verdict.whole.findings)


def _eruption(path: Path) -> Path:
    """Pale skin with red discs."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((300, 400))
    photo = np.array([215.0, 170.0, 150.0]) + rng.normal(0, 2, (300, 400, 3))
    for row, column, radius in ((70, 80, 18), (200, 150, 22), (150, 320, 16)):
        inside = 1 / (1 + np.exp(np.hypot(rows - row, columns - column) - radius))
        photo += inside[..., None] * np.array([-10.0, -65.0, -55.0])
    Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).save(path)
    return path


def test_a_patient_is_told_at_the_clinics_prevalence(tmp_path: Path, problems: Problems) -> None:
    photo, out = _eruption(tmp_path / "rash.png"), tmp_path / "report.json"
    done = _run("drug_reaction", photo, "--patient", "Patient/12", "--out", out, "--prevalence", "0.01")
    assert done.exit_code == 0, done.output
    bundle = json.loads(out.read_text())
    assert problems("R4", bundle) == []
    risk, screening = risk_in(bundle), screen(Engine.open("drug_reaction"), [photo])
    assert risk is not None and screening.patient is not None
    assert risk.probability == pytest.approx(screening.patient.probability, abs=1e-6)
    assert risk.here == pytest.approx(screening.patient.at(0.01), abs=1e-6)
    assert len(risk.lesions) == len(screening.lesions) and {one.image_id for one in risk.lesions} == {"rash"}
    assert sum(one.share for one in risk.lesions) == pytest.approx(1)
    (quality,) = predictions_in(bundle)
    assert quality.model.task == "image_quality" and quality.quality is not None


def test_without_a_lesion_there_is_no_report(tmp_path: Path) -> None:
    plain = tmp_path / "plain.png"
    Image.fromarray(np.full((300, 400, 3), (215, 170, 150), np.uint8)).save(plain)
    out = tmp_path / "report.json"
    done = _run("drug_reaction", plain, "--patient", "Patient/12", "--out", out, "--prevalence", "0.01")
    assert done.exit_code == 1 and "Nothing was written" in str(done.exception) and not out.exists()


def test_what_cannot_be_reported_is_said(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    for wrong in (
        ("dermoscopy", folder, "--patient", "Mrs Example", "--out", out),
        ("dermoscopy", folder, "--patient", "Patient/1", "--out", out, "--release", "DSTU2"),
        ("drug_reaction", folder, "--patient", "Patient/1", "--out", out),
    ):
        done = _run(*wrong)
        assert done.exit_code == 1 and done.exception is not None
        assert "Example" not in str(done.exception)
    assert not out.exists()


@pytest.mark.parametrize(("kind", "told"), [("JPEG2000", "image/jp2"), ("PNG", "image/png")])
def test_media_types_are_registered_ones(kind: str, told: str, folder: Path, tmp_path: Path) -> None:
    Image.open(folder / "arm-1.jpg").save(tmp_path / "photo", kind)
    assert picture_of(tmp_path / "photo", "a", "Patient/1", embed=False).content_type == told


def test_a_dicom_photo_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(bytes(128) + b"DICM")
    told = picture_of(tmp_path / "a.dcm", "a", "Patient/1", embed=False)
    assert told.content_type == "application/dicom"
