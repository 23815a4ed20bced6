from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutis.explain.faithfulness import (
    blurred,
    evaluate,
    mean_by_group,
    middle,
    move,
    summarise,
)

SPOT = (slice(4, 20), slice(44, 60))


def reader_of_the_spot(photos: Sequence[np.ndarray]) -> np.ndarray:
    """A model that knows one thing: how red the spot is."""
    redness = np.array([photo[SPOT][..., 0].mean() - photo[SPOT][..., 1].mean() for photo in photos])
    positive = 1 / (1 + np.exp(-(redness - 110) / 12))
    return np.column_stack([positive, 1 - positive])


@pytest.fixture
def photo() -> np.ndarray:
    image = np.random.default_rng(0).normal(120, 6, (64, 64, 3))
    image[SPOT] = (220, 60, 60)
    return image.clip(0, 255).astype(np.uint8)


def pointing_at_the_spot() -> np.ndarray:
    saliency = np.zeros((8, 8), np.float32)
    saliency[0:3, 5:8] = 1
    return saliency


def test_a_map_that_names_what_the_model_uses_beats_chance_and_the_middle(photo: np.ndarray) -> None:
    score = evaluate(photo, pointing_at_the_spot(), reader_of_the_spot, 0, np.random.default_rng(1))
    assert score.map.deletion_area < 0.25
    assert score.map.insertion_area > 0.75
    assert score.advantage > 0.4
    assert score.over_centre > 0.4
    assert score.beaten == len(score.moved)


def test_the_opposite_map_does_worse_than_chance(photo: np.ndarray) -> None:
    score = evaluate(photo, -pointing_at_the_spot(), reader_of_the_spot, 0, np.random.default_rng(1))
    assert score.map.score < -0.3
    assert score.advantage < -0.2


def test_both_curves_run_between_the_photo_and_its_blurred_copy(photo: np.ndarray) -> None:
    whole, nothing = reader_of_the_spot([photo, blurred(photo)])[:, 0]
    score = evaluate(photo, pointing_at_the_spot(), reader_of_the_spot, 0, np.random.default_rng(1), steps=5)
    for curves in (score.map, *score.moved, score.centre):
        assert curves.deletion.shape == (6,)
        assert curves.deletion[[0, -1]].tolist() == [whole, nothing]
        assert curves.insertion[[0, -1]].tolist() == [nothing, whole]


@given(
    saliency=arrays(np.float32, (4, 5), elements=st.floats(-5, 5, width=32)),
    probability=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_a_model_that_never_changes_its_mind_gives_every_map_a_score_of_nothing(saliency, probability, seed):
    def fixed(photos: Sequence[np.ndarray]) -> np.ndarray:
        return np.tile([probability, 1 - probability], (len(photos), 1))

    image = np.full((20, 25, 3), 90, np.uint8)
    score = evaluate(image, saliency, fixed, 0, np.random.default_rng(seed), steps=4, draws=2)
    assert score.map.deletion_area == pytest.approx(probability)
    assert score.map.score == pytest.approx(0, abs=1e-12)
    assert score.advantage == pytest.approx(0, abs=1e-12)


@given(
    saliency=arrays(
        np.float32, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(0, 1, width=32)
    ),
    seed=st.integers(0, 999),
)
def test_a_moved_map_has_the_same_values_elsewhere(saliency, seed):
    moved = move(saliency, np.random.default_rng(seed))
    assert moved.shape == saliency.shape
    np.testing.assert_array_equal(np.sort(moved.ravel()), np.sort(saliency.ravel()))


def test_the_middle_is_most_salient_in_the_middle() -> None:
    saliency = middle(41, 61)
    assert np.unravel_index(saliency.argmax(), saliency.shape) == (20, 30)
    assert saliency.min() == saliency[0, 0]


def test_repeating_each_photo_does_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).normal(0.2, 0.3, 15)
    names = [f"lesion {i}" for i in range(15)]
    (once,) = mean_by_group(values[None], names, np.random.default_rng(1))
    (often,) = mean_by_group(np.repeat(values, 4)[None], list(np.repeat(names, 4)), np.random.default_rng(1))
    assert often.value == pytest.approx(once.value)
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.02)


def test_the_interval_of_a_mean_is_that_of_scipys_bootstrap() -> None:
    from scipy.stats import bootstrap

    values = np.random.default_rng(3).gamma(2, 0.1, 60)
    (ours,) = mean_by_group(values[None], [str(i) for i in range(60)], np.random.default_rng(0), 5000)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    assert ours.value == pytest.approx(values.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_a_summary_counts_groups_and_leaves_room_for_doubt_when_every_photo_wins(photo: np.ndarray) -> None:
    scores = [
        evaluate(photo, pointing_at_the_spot(), reader_of_the_spot, 0, np.random.default_rng(i), steps=4)
        for i in range(6)
    ]
    summary = summarise(scores, ["a", "a", "b", "b", "c", "c"], np.random.default_rng(0))
    assert (summary.photos, summary.groups) == (6, 3)
    assert summary.advantage.value == pytest.approx(np.mean([s.advantage for s in scores]))
    assert summary.better.value == 1
    assert summary.better.low < 0.6  # three of three groups prove little
