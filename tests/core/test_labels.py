"""What a set of labels answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from cutis.core.errors import CutisError
from cutis.core.labels import Categorical, Label, Labels, MultiLabel, Ordinal


@given(arrays(np.float64, (6, 5), elements=st.floats(0.01, 1)))
def test_the_grade_that_is_answered_is_the_one_least_far_off(weights: NDArray[np.float64]) -> None:
    p = weights / weights.sum(1, keepdims=True)
    grades = np.arange(5)
    expected = (p[:, None, :] * np.abs(grades[:, None] - grades)).sum(2)  # (cases, answered grade)
    chosen = Ordinal(("0", "1", "2", "3", "4")).decide(p)
    np.testing.assert_allclose(expected[np.arange(6), chosen], expected.min(1), atol=1e-12)


def test_of_classes_the_most_probable_is_answered() -> None:
    p = [[0.3, 0.2, 0.5], [0.4, 0.35, 0.25]]
    assert Categorical(("a", "b", "c")).decide(p).tolist() == [2, 0]
    assert Ordinal(("a", "b", "c")).decide(p).tolist() == [1, 1]
    assert Ordinal(("a", "b", "c")).decide(np.transpose(p), axis=0).tolist() == [1, 1]


SKIN = MultiLabel((Label("pores", "Pores"), Label("wrinkles", "Wrinkles")), Ordinal(("0", "1", "2")))
FINDINGS = MultiLabel((Label("hair", "Hair"), Label("gel", "Gel"), Label("ink", "Ink")))


@pytest.mark.parametrize("labels", [Categorical(("a", "b")), Ordinal(("0", "1", "2")), SKIN, FINDINGS])
def test_every_kind_is_the_same_after_it_was_written(labels: Labels) -> None:
    again = Labels.from_dict(labels.to_dict())
    assert again == labels
    assert again.outputs == labels.outputs


def test_findings_written_before_there_were_grades_are_present_or_absent() -> None:
    read = Labels.from_dict({"kind": "multilabel", "items": [{"name": "blur"}, {"name": "dark"}]})
    assert read.outputs == ("blur_absent", "blur_present", "dark_absent", "dark_present")


def test_one_question_has_no_name_and_several_have_a_column_each() -> None:
    assert Ordinal(("0", "1")).columns("grade") == ("grade",)
    assert SKIN.columns("grade") == ("grade_pores", "grade_wrinkles")
    assert SKIN.outputs == tuple(f"{name}_{grade}" for name in ("pores", "wrinkles") for grade in "012")
    assert list(SKIN.told) == list(SKIN.outputs)
    assert SKIN.scores == ("pores", "wrinkles")


def test_of_what_is_present_or_absent_only_presence_is_told() -> None:
    assert FINDINGS.told == {"hair": 1, "gel": 3, "ink": 5}
    assert FINDINGS.scores == ()


@given(arrays(np.float64, (3, 2), elements=st.floats(0.01, 1)))
def test_what_is_told_holds_all_probabilities(weights: NDArray[np.float64]) -> None:
    p = (weights / weights.sum(1, keepdims=True)).ravel()
    told = {name: float(p[place]) for name, place in FINDINGS.told.items()}
    np.testing.assert_allclose(FINDINGS.expand(told), p, atol=1e-12)


@given(arrays(np.float64, (4, 2, 3), elements=st.floats(0.01, 1)))
def test_each_condition_is_decided_as_it_would_be_alone(weights: NDArray[np.float64]) -> None:
    p = weights / weights.sum(2, keepdims=True)
    decided = SKIN.decide(p.reshape(4, 6))
    assert decided.tolist() == SKIN.grades.decide(p).tolist()
    np.testing.assert_array_equal(SKIN.decide(p.reshape(4, 6).T, axis=0), decided.T)
    np.testing.assert_allclose(SKIN.expected(p.reshape(4, 6)), p[..., 1] + 2 * p[..., 2])


def test_what_is_above_the_lowest_grade_is_named() -> None:
    assert [label.name for label in SKIN.found([0, 2])] == ["wrinkles"]
    assert SKIN.in_words([1, 2]) == "Pores 1, Wrinkles 2"
    assert SKIN.in_words([0, 0]) == "0"
    assert FINDINGS.in_words([1, 0, 1]) == "Hair, Ink"
    assert FINDINGS.in_words([0, 0, 0]) == "Absent"


def test_a_scale_has_an_order_and_two_grades() -> None:
    for scale in (Categorical(("a", "b")), Ordinal(("0",))):
        with pytest.raises(CutisError, match="a scale of two grades or more"):
            MultiLabel(("a",), scale)
