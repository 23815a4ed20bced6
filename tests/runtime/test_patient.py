"""A patient's answer names its lesions, holds at other prevalences, and is never given without a lesion."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.bundle import Bundle
from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import BundleError, CutisError
from cutis.core.operating_point import OperatingPoint, PatientRule, Pooling
from cutis.runtime.patient import patient_score

RULE = PatientRule(
    "red",
    Pooling("smooth_max", sharpness=2.0, slope=1.1, offset=-0.2),
    0.25,
    OperatingPoint("", "red", 0.3, ""),
)


@pytest.fixture(scope="module")
def info(colour_bundle: Path) -> BundleInfo:
    return replace(Bundle.open(colour_bundle).info, patient=RULE)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.integers(2, 4))
def test_photographing_every_lesion_again_changes_nothing_of_the_answer(
    info: BundleInfo, scores: list[float], times: int
) -> None:
    once, again = patient_score(info, scores), patient_score(info, scores * times)
    assert (once.probability, once.positive) == (again.probability, again.positive)


def test_the_most_telling_lesions_are_named_and_the_operating_point_decides(info: BundleInfo) -> None:
    answer = patient_score(info, [0.1, 0.9, 0.05, 0.6], most=2)
    assert answer.telling == (1, 3)
    assert sum(answer.shares) == pytest.approx(1)
    assert answer.positive and answer.probability >= answer.threshold == 0.3
    assert not patient_score(info, [0.01, 0.02]).positive
    assert not answer.one_lesion_only
    assert patient_score(info, [0.9]).one_lesion_only


def test_at_a_lower_prevalence_the_probability_falls_and_the_answer_stays(info: BundleInfo) -> None:
    answer = patient_score(info, [0.4, 0.7])
    assert answer.at(answer.prevalence) == pytest.approx(answer.probability)
    odds = answer.probability / (1 - answer.probability) * 3 / 99
    assert answer.at(0.01) == pytest.approx(odds / (1 + odds))


def test_without_a_lesion_there_is_no_answer(info: BundleInfo) -> None:
    with pytest.raises(CutisError, match="not the same as a harmless"):
        patient_score(info, [])
    with pytest.raises(CutisError, match="not a probability"):
        patient_score(info, [1.2])


def test_a_bundle_without_a_rule_says_so(info: BundleInfo) -> None:
    with pytest.raises(BundleError, match="colour: answers for single photos"):
        patient_score(replace(info, patient=None), [0.3])


def test_it_needs_neither_torch_nor_onnxruntime() -> None:
    code = (
        "import sys, cutis.runtime.patient; print([m for m in ('torch', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
