"""Poolings are compared on the same patients, and the better one is told from the worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.core.operating_point import POOLINGS
from cutis.stats.pooling import Lesions
from cutis.stats.poolings import FIGURES, compare_poolings


def _patients(rng: np.random.Generator, patients: int) -> Lesions:
    """Ten lesions each; a severe patient has one that shows it, the others are like everyone's."""
    severe = np.arange(patients) % 3 == 0
    odds = rng.normal(-2, 1, (patients, 10))
    odds[severe, 0] += 4
    groups = np.repeat(np.arange(patients), 10)
    return Lesions((1 / (1 + np.exp(-odds))).ravel(), np.repeat(severe, 10), groups)


@pytest.fixture(scope="module")
def parts() -> tuple[Lesions, Lesions]:
    rng = np.random.default_rng(5)
    return _patients(rng, 400), _patients(rng, 300)


def test_where_one_lesion_of_ten_tells_looking_at_the_worst_beats_the_mean(
    parts: tuple[Lesions, Lesions],
) -> None:
    found = compare_poolings(*parts, np.random.default_rng(0), replicates=200)
    by_name = {one.pooling.method: one for one in found}
    assert tuple(by_name) == POOLINGS
    assert all(set(one.figures) == set(FIGURES) for one in found)
    mean, attention = by_name["mean"], by_name["attention"]
    assert {gap.value for gap in mean.differences.values()} == {0.0}
    assert attention.differences["auc"].low > 0
    assert attention.differences["log_loss"].high < 0
    assert attention.figures["auc"].value - mean.figures["auc"].value == pytest.approx(
        attention.differences["auc"].value
    )
    assert attention.point.reached
    assert attention.point.specificity.value > mean.point.specificity.value


def test_lesions_photographed_twice_change_no_figure_and_no_interval(parts: tuple[Lesions, Lesions]) -> None:
    def twice(part: Lesions) -> Lesions:
        return replace(
            part, score=part.score.repeat(2), truth=part.truth.repeat(2), groups=part.groups.repeat(2)
        )

    once, again = (
        compare_poolings(*pair, np.random.default_rng(0), methods=("mean", "smooth_max"), replicates=100)
        for pair in (parts, tuple(map(twice, parts)))
    )
    assert once == again
