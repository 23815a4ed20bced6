"""Simulated raters: what they say of known severities, and how well they agree."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from cutis.phantoms.degradations import (
    LOCAL,
    RATERS,
    REASONS,
    Plan,
    dominant,
    draw_plan,
    latent_quality,
    majority,
    rate,
)

N = 3000
SEVERITIES = st.dictionaries(st.sampled_from(REASONS), st.floats(0, 1))


def plans(**options: float) -> list[Plan]:
    return [draw_plan(np.random.default_rng([7, i]), **options) for i in range(N)]  # type: ignore[arg-type]


def seen(plan: Plan) -> int:
    return sum(value >= 0.15 for value in plan.severities.values())


def test_a_faultless_photo_is_good_and_a_reason_at_a_half_is_the_border() -> None:
    assert latent_quality({}) == 4.0
    assert latent_quality({"blur": 0.5}) == 2.5
    assert latent_quality({"blur": 1.0}) == 1.0
    assert latent_quality({"blur": 0.14}) > 3.5
    assert latent_quality({"not_skin": 0.2}) == 1.0
    assert latent_quality({"blur": 0.5}, half=True) > latent_quality({"blur": 0.5})


@given(SEVERITIES, st.sampled_from(REASONS), st.floats(0, 1))
def test_more_of_a_reason_never_makes_a_photo_better(
    severities: dict[str, float], reason: str, more: float
) -> None:
    worse = severities | {reason: max(severities.get(reason, 0.0), more)}
    assert latent_quality(worse) <= latent_quality(severities) + 1e-12


@given(st.floats(0.3, 1), st.floats(0.3, 1))
def test_the_worst_reason_counts_most(first: float, second: float) -> None:
    both = latent_quality({"blur": first, "noise": second})
    assert both >= 4 - 3 * (max(first, second) + 0.3 * min(first, second)) - 1e-9
    assert both <= latent_quality({"blur": max(first, second)})


@given(SEVERITIES, st.integers(0, 2**32 - 1))
def test_ratings_are_grades_and_at_least_two_are_given(severities: dict[str, float], seed: int) -> None:
    ratings = rate(severities, np.random.default_rng(seed))
    given_ones = [rating for rating in ratings.values() if rating is not None]
    assert tuple(ratings) == RATERS
    assert len(given_ones) >= 2
    assert set(given_ones) <= {1, 2, 3, 4}
    assert majority(ratings) in given_ones


@pytest.mark.parametrize(
    ("ratings", "grade"),
    [((3, 3, 4, 1), 3), ((4, 4, 2, 2), 2), ((None, 4, 3, None), 3), ((1, 2, 3, 4), 1), ((4, None, 4, 1), 4)],
)
def test_the_majority_decides_and_of_several_the_lower(ratings: tuple[int | None, ...], grade: int) -> None:
    assert majority(dict(zip(RATERS, ratings, strict=True))) == grade


def test_a_photo_of_something_else_is_unusable_to_everybody() -> None:
    for seed in range(50):
        ratings = rate({"not_skin": 1.0}, np.random.default_rng(seed))
        assert {rating for rating in ratings.values() if rating is not None} == {1}


def test_raters_agree_about_as_dermatologists_do() -> None:
    """Quadratic kappa of every pair between .6 and .9; Fitzpatrick experts reach .82 to .84."""
    rows = [rate(p.severities, np.random.default_rng([8, i])) for i, p in enumerate(plans())]
    for first, second in combinations(RATERS, 2):
        both = [(row[first], row[second]) for row in rows if row[first] and row[second]]
        kappa = cohen_kappa_score(*zip(*both, strict=True), weights="quadratic")
        assert 0.6 < kappa < 0.9


def test_raters_differ_in_strictness_and_leave_some_photos_out() -> None:
    rows = [rate(p.severities, np.random.default_rng([8, i])) for i, p in enumerate(plans())]
    means = [float(np.mean([row[name] for row in rows if row[name] is not None])) for name in RATERS]
    assert means == sorted(means)
    assert means[-1] - means[0] > 0.25
    missing = np.mean([[row[name] is None for name in RATERS] for row in rows])
    assert 0.04 < missing < 0.12


def test_a_third_is_clean_a_third_has_one_reason_and_a_third_more() -> None:
    counts = np.bincount([seen(plan) for plan in plans()], minlength=4) / N
    assert counts[0] == pytest.approx(1 / 3, abs=0.04)
    assert counts[1] == pytest.approx(1 / 3, abs=0.04)
    assert counts[2] + counts[3] == pytest.approx(1 / 3, abs=0.04)
    assert len(counts) == 4


def test_every_grade_and_every_reason_comes_up() -> None:
    graded = [majority(rate(p.severities, np.random.default_rng([8, i]))) for i, p in enumerate(plans())]
    shares = np.bincount(graded, minlength=5)[1:] / N
    assert shares.min() > 0.1
    assert 0.35 < shares[2:].sum() < 0.7  # good photos
    named = [dominant(plan.severities) for plan in plans()]
    assert all(named.count(reason) > 0.02 * N for reason in REASONS)


def test_single_reason_photos_have_one_at_most() -> None:
    counts = np.bincount([seen(plan) for plan in plans(single=True)])
    assert len(counts) == 2
    assert counts[0] / N == pytest.approx(0.5, abs=0.04)


def test_half_is_the_share_of_photos_and_only_for_reasons_that_can_be_local() -> None:
    drawn = plans(half=0.4)
    halves = [plan for plan in drawn if plan.half is not None]
    assert len(halves) / N == pytest.approx(0.4, abs=0.04)
    assert {plan.half for plan in halves} == {"left", "right", "top", "bottom"}
    for plan in halves:
        assert seen(plan) >= 1
        assert {name for name, value in plan.severities.items() if value > 0} <= set(LOCAL)


def test_no_photo_is_dark_and_bright_at_once() -> None:
    assert not any(plan.severities["dark"] and plan.severities["bright"] for plan in plans())
