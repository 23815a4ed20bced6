"""Prediction -> FHIR -> prediction, whatever was predicted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutis.interop.fhir.bundle import transaction
from cutis.interop.fhir.elements import RELEASES, Release
from cutis.interop.fhir.read import predictions_in, risk_in
from cutis.interop.fhir.results import (
    Answer,
    Finding,
    LesionScore,
    Model,
    Outcome,
    Picture,
    Point,
    Prediction,
    PredictionSet,
    Quality,
    Risk,
)

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
TASKS = st.sampled_from(["dermoscopy", "facial", "confocal", "own_task"])
WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
CODES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)
SHARES = st.floats(0, 1, allow_nan=False)
BOUNDS = st.tuples(SHARES, SHARES).map(lambda ends: (min(ends), max(ends)))


@st.composite
def outcomes(draw: Any, banded: bool) -> tuple[Outcome, ...]:
    names = draw(st.lists(CODES, min_size=1, max_size=5, unique=True))
    return tuple(Outcome(name, draw(WORDS), draw(SHARES), draw(BOUNDS) if banded else None) for name in names)


@st.composite
def predictions(draw: Any, model: Model, image_id: str, several: bool) -> Prediction:
    banded = draw(st.booleans())
    questions = draw(st.lists(CODES, min_size=1, max_size=3, unique=True)) if several else [""]
    answers = []
    for question in questions:
        found = draw(outcomes(banded))
        said = draw(st.sampled_from(found)).name
        expected = draw(st.none() | st.floats(0, 4)) if several else None
        answers.append(Answer(question, draw(WORDS), said, found, expected))
    points = st.builds(Point, WORDS, CODES, SHARES, WORDS, st.booleans())
    sets = st.builds(PredictionSet, st.lists(CODES, unique=True, max_size=3).map(tuple), SHARES)
    reasons = st.lists(st.builds(Outcome, CODES, WORDS, SHARES), max_size=3, unique_by=lambda one: one.name)
    quality = st.builds(Quality, CODES, WORDS, st.booleans(), SHARES, SHARES, reasons.map(tuple), WORDS)
    return Prediction(
        model,
        image_id,
        tuple(answers),
        tuple(draw(st.lists(points, max_size=3))),
        draw(SHARES) if banded else None,
        draw(st.none() | sets),
        draw(st.none() | quality),
    )


@st.composite
def findings(draw: Any) -> Finding:
    images = draw(st.lists(WORDS, min_size=1, max_size=2, unique=True))
    told: list[Prediction] = []
    for task in draw(st.lists(TASKS, min_size=1, max_size=2, unique=True)):
        digest = f"{draw(st.integers(0, 2**64)):064x}-{task}"
        model = Model(draw(WORDS), draw(CODES), digest, task, draw(WORDS), draw(st.booleans()))
        told += [draw(predictions(model, image, task == "facial")) for image in images]
    lesions = st.builds(LesionScore, st.sampled_from(images), st.integers(1, 99), SHARES, SHARES)
    shares = (SHARES,) * 5
    parts = (st.just(told[0].model), CODES, WORDS, *shares, st.booleans(), WORDS)
    risks = st.builds(Risk, *parts, st.lists(lesions, max_size=3).map(tuple))
    pictures = tuple(Picture(image, "Patient/1", url="https://ehr.example/1") for image in images)
    return Finding("Patient/1", "2026-11-21T20:00:00Z", tuple(told), pictures, draw(st.none() | risks))


@given(findings(), st.sampled_from(RELEASES))
@settings(max_examples=60, suppress_health_check=SLOW)
def test_what_goes_out_comes_back_the_same(finding: Finding, release: Release) -> None:
    bundle = json.loads(json.dumps(transaction(finding, release)))
    assert predictions_in(bundle) == finding.predictions
    assert risk_in(bundle) == finding.risk


@given(finding=findings(), release=st.sampled_from(RELEASES))
@settings(max_examples=15, suppress_health_check=SLOW)
def test_whatever_is_said_holds_in_hl7s_schema(
    finding: Finding, release: Release, problems: Callable[[str, dict[str, Any]], list[str]]
) -> None:
    assert problems(release, transaction(finding, release)) == []
