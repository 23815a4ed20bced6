"""A run of a screening task becomes a bundle that answers for patients, and whose card says how well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cutis.core.bundle import Bundle
from cutis.export.bundle import export_bundle
from cutis.runtime.engine import Engine
from cutis.runtime.patient import patient_score
from cutis.task import Screening
from cutis.tasks import get_task


@pytest.fixture
def bundle(make_run: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    task = replace(get_task("dermoscopy"), screening=Screening("mel", 0.6))
    monkeypatch.setattr("cutis.tasks.dermoscopy.TASK", task)
    export_bundle([make_run()], tmp_path / "screen.cutis")
    return Bundle.open(tmp_path / "screen.cutis")


def test_it_answers_for_a_patient_and_its_card_says_how_well(bundle: Bundle, split: Path) -> None:
    rule = bundle.info.patient
    assert rule is not None and rule.positive == "mel"
    assert rule.point.fitted_on is not None and rule.point.fitted_on.groups == 12
    assert "sensitivity_patient" in bundle.info.metrics
    assert bundle.info.operating_points[0].rule == rule.point.rule
    assert "### Patients with several lesions" in bundle.card
    assert "24 photos of 12 patients" in bundle.card
    assert "| of positive patients, found |" in bundle.card
    engine = Engine(bundle, threads=1)
    said = [engine(split.parent / f"test{number}.png").probabilities["mel"] for number in range(3)]
    answer = patient_score(bundle.info, said)
    assert answer.positive == (answer.probability >= rule.point.threshold)
