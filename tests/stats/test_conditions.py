"""Figures of several conditions are those of each alone, and their means come from the same draws."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.stats.classification import Answers, estimates, figures
from cutis.stats.conditions import by_condition

GROUPS = 40


def graded(seed: int, grades: int = 3, known: NDArray[np.bool_] | None = None) -> Answers:
    """Answers about 120 photos of 40 patients; of some the truth is not known."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, grades, 120)
    p = rng.dirichlet(np.ones(grades), 120) + 0.4 * np.eye(grades)[truth]
    p /= p.sum(1, keepdims=True)
    here = np.ones(120, bool) if known is None else known
    return Answers(
        labels=tuple(map(str, range(grades))),
        truth=truth[here].astype(np.intp),
        prediction=p.argmax(1)[here].astype(np.intp),
        probabilities=p[here],
        scored=np.ones(grades, dtype=np.bool_),
        index=np.repeat(np.arange(GROUPS), 3)[here].astype(np.intp),
        count=GROUPS,
        ordinal=grades > 2,
    )


def measured(asked: dict[str, Answers]) -> dict[str, float]:
    found = estimates(by_condition(asked), GROUPS, 200, np.random.default_rng(0))
    return {name: estimate.value for name, estimate in found.items()}


def test_each_condition_has_its_own_figures_and_the_head_is_their_mean() -> None:
    asked = {"pores": graded(1), "wrinkles": graded(2)}
    found = measured(asked)
    for name, answers in asked.items():
        alone = estimates(figures(answers), GROUPS, 10, np.random.default_rng(0))
        for figure in ("accuracy", "quadratic_kappa", "mean_absolute_deviation", "balanced_accuracy"):
            assert found[f"{figure}_{name}"] == pytest.approx(alone[figure].value)
    assert found["accuracy"] == pytest.approx((found["accuracy_pores"] + found["accuracy_wrinkles"]) / 2)


def test_what_is_present_or_absent_has_an_area_and_no_distance() -> None:
    found = measured({"hair": graded(1, grades=2)})
    assert "auc_hair" in found and "sensitivity_hair" in found
    assert not any("deviation" in name or "kappa" in name for name in found)


def test_photos_whose_truth_is_not_known_do_not_count() -> None:
    known = np.arange(120) % 4 > 0
    whole, partly = graded(1), graded(1, known=known)
    right = (whole.prediction == whole.truth)[known]
    assert measured({"pores": partly})["accuracy_pores"] == pytest.approx(right.mean())


def test_a_condition_without_a_figure_is_left_out_of_the_mean() -> None:
    same = graded(1, grades=2)
    alike = Answers(**{**same.__dict__, "truth": np.zeros_like(same.truth)})  # no area without both kinds
    found = measured({"hair": graded(2, grades=2), "gel": alike})
    assert "auc_gel" not in found
    assert found["auc"] == found["auc_hair"]
    assert found["accuracy"] == pytest.approx((found["accuracy_hair"] + found["accuracy_gel"]) / 2)


def test_means_of_conditions_that_err_together_are_less_certain_than_of_those_that_do_not() -> None:
    one, other = graded(1), graded(2)
    together = estimates(by_condition({"a": one, "b": one}), GROUPS, 2000, np.random.default_rng(0))
    apart = estimates(by_condition({"a": one, "b": other}), GROUPS, 2000, np.random.default_rng(0))
    alone = estimates(figures(one), GROUPS, 2000, np.random.default_rng(0))
    wide = [found["accuracy"].high - found["accuracy"].low for found in (together, apart, alone)]
    assert wide[0] == pytest.approx(wide[2], rel=0.05)
    assert wide[1] < 0.9 * wide[0]
