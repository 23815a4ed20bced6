"""Sampling: balanced as asked, seeded, and able to go on in the middle of an epoch."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.training.loading import EpochBatches, sampling_chances
from cutis.training.recipe import Recipe

TARGETS = np.repeat([0, 1, 2], [80, 15, 5]).astype(np.int64)


def drawn(batches: EpochBatches) -> list[int]:
    return [draw.index for batch in batches for draw in batch]


def test_without_balancing_each_photo_comes_once() -> None:
    recipe = Recipe(batch=10, imbalance="none")
    assert sorted(drawn(EpochBatches(TARGETS, recipe, 64))) == list(range(100))


def test_full_balancing_shows_each_class_equally_often() -> None:
    recipe = Recipe(batch=10, imbalance="balanced-sampling", sampling_power=1.0)
    counts = Counter(TARGETS[drawn(EpochBatches(TARGETS, recipe, 64))])
    assert max(counts.values()) - min(counts.values()) <= 2


@settings(deadline=None, max_examples=30)
@given(power=st.floats(0, 1), seed=st.integers(0, 99))
def test_each_photo_comes_its_expected_number_of_times_give_or_take_one(power: float, seed: int) -> None:
    recipe = Recipe(batch=10, sampling_power=power, seed=seed)
    expected = sampling_chances(TARGETS, recipe) * 100
    counts = Counter(drawn(EpochBatches(TARGETS, recipe, 64)))
    assert all(abs(counts[i] - expected[i]) < 1 + 1e-9 for i in range(100))


def test_epochs_differ_and_are_the_same_again() -> None:
    batches = EpochBatches(TARGETS, Recipe(batch=10), 64)
    first, again = drawn(batches), drawn(batches)
    batches.epoch = 1
    assert first == again
    assert first != drawn(batches)


@given(start=st.integers(0, 9))
def test_a_stopped_epoch_goes_on_with_the_very_batches_that_were_left(start: int) -> None:
    whole, rest = (EpochBatches(TARGETS, Recipe(batch=10), 64) for _ in range(2))
    rest.start = start
    assert list(whole)[start:] == list(rest)


@settings(deadline=None, max_examples=30)
@given(upright=st.integers(0, 60), seed=st.integers(0, 99), start=st.integers(0, 9))
def test_photos_come_in_batches_of_their_own_shape_and_few_are_cut_to_squares(
    upright: int, seed: int, start: int
) -> None:
    proportions = np.full(100, 4 / 3)
    proportions[:upright] = 3 / 4
    recipe = Recipe(batch=10, imbalance="none", seed=seed)
    batches = EpochBatches(TARGETS, recipe, 60, proportions=proportions)
    found = list(batches)
    assert len(found) == len(batches)
    assert sorted(draw.index for batch in found for draw in batch) == list(range(100))
    squares = 0
    for batch in found:
        (shape,) = {draw.shape for draw in batch}
        squares += shape == (60, 60)
        if shape != (60, 60):
            assert {draw.index < upright for draw in batch} == {shape == (80, 60)}
    assert squares <= 1
    rest = EpochBatches(TARGETS, recipe, 60, proportions=proportions)
    rest.start = start
    assert found[start:] == list(rest)


def test_two_processes_share_an_epoch_without_a_photo_twice() -> None:
    recipe = Recipe(batch=10, imbalance="none")
    shares = [drawn(EpochBatches(TARGETS, recipe, 64, rank, 2)) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1]) == 50
    assert not set(shares[0]) & set(shares[1])


def test_sizes_grow_by_phase() -> None:
    recipe = Recipe(epochs=6, sizes=(96, 128, 160))
    assert [recipe.size_at(epoch, 224) for epoch in range(6)] == [96, 96, 128, 128, 160, 160]
    assert Recipe(epochs=2).size_at(0, 224) == 224


def test_a_photo_with_a_rare_answer_to_any_question_comes_more_often() -> None:
    targets = np.zeros((40, 2), dtype=np.int64)
    targets[0, 0], targets[1, 1] = 1, 1
    chances = sampling_chances(targets, Recipe())
    assert np.isclose(chances.sum(), 1)
    assert np.isclose(chances[0], chances[1])
    assert chances[0] > 2 * chances[2]


def test_an_answer_that_is_not_known_weighs_as_much_as_a_known_one_on_average() -> None:
    targets = np.array([[0, 1], [0, -1], [1, -1], [1, 0]], dtype=np.int64)
    chances = sampling_chances(targets, Recipe(sampling_power=1.0))
    assert np.allclose(chances, 0.25)


@settings(deadline=None, max_examples=20)
@given(power=st.floats(0, 1))
def test_one_question_in_a_column_is_drawn_as_one_without(power: float) -> None:
    recipe = Recipe(sampling_power=power)
    assert (sampling_chances(TARGETS[:, None], recipe) == sampling_chances(TARGETS, recipe)).all()
