from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.explain.embedding import flat_map, label_places, nearest, separation


def blobs(per: int = 20, spread: float = 0.6, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    centres = np.eye(3, 12) * 4
    vectors = np.concatenate([rng.normal(centre, spread, (per, 12)) for centre in centres])
    return vectors, [name for name in "abc" for _ in range(per)]


def test_separation_is_that_of_scikit_learn_leaving_one_group_out() -> None:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.preprocessing import normalize

    vectors, labels = blobs(spread=2.5)
    groups = [f"P{i // 3}" for i in range(60)]
    # One neighbour: with more, the two libraries break ties differently.
    model = KNeighborsClassifier(1)
    guesses = cross_val_predict(model, normalize(vectors), labels, groups=groups, cv=LeaveOneGroupOut())
    found = separation(vectors, labels, groups, np.random.default_rng(0), neighbours=1)
    assert found.accuracy.value == pytest.approx(np.mean(guesses == np.array(labels)))
    assert found.balanced.value == pytest.approx(balanced_accuracy_score(labels, guesses))
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert (found.photos, found.groups, found.classes) == (60, 20, 3)


def test_a_lesions_other_photos_do_not_vote_for_it() -> None:
    rng = np.random.default_rng(0)
    lesions = rng.normal(size=(80, 8))  # nothing to learn
    labels = [str(label) for label in rng.integers(0, 2, 80)]
    vectors = np.repeat(lesions, 3, axis=0) + rng.normal(scale=1e-3, size=(240, 8))
    three = list(np.repeat(labels, 3))
    groups = [f"L{i // 3}" for i in range(240)]
    honest = separation(vectors, three, groups, rng, neighbours=2)
    leaking = separation(vectors, three, [str(i) for i in range(240)], rng, neighbours=2)
    assert leaking.accuracy.value > 0.95
    assert honest.accuracy.value < 0.7


def test_repeating_each_photo_does_not_narrow_the_interval() -> None:
    vectors, labels = blobs(spread=2.5)
    groups = [str(i) for i in range(60)]
    once = separation(vectors, labels, groups, np.random.default_rng(0), neighbours=1)
    often = separation(
        np.repeat(vectors, 3, 0), list(np.repeat(labels, 3)), list(np.repeat(groups, 3)),
        np.random.default_rng(0), neighbours=1,
    )  # fmt: skip
    assert often.accuracy.value == pytest.approx(once.accuracy.value)
    width = once.accuracy.high - once.accuracy.low
    assert often.accuracy.high - often.accuracy.low == pytest.approx(width, rel=0.05)


def test_all_right_on_few_lesions_leaves_room_for_doubt() -> None:
    vectors, labels = blobs(6, spread=0.1)
    found = separation(vectors, labels, [f"P{i // 2}" for i in range(18)], np.random.default_rng(0))
    assert found.accuracy.value == found.balanced.value == 1
    assert found.accuracy.low < 0.8
    assert found.neighbours == 2  # a small class must be able to win the vote


def test_photos_without_a_label_take_no_part() -> None:
    vectors, labels = blobs()
    some: list[str | None] = [None if i % 2 else label for i, label in enumerate(labels)]
    found = separation(vectors, some, [str(i) for i in range(60)], np.random.default_rng(0))
    assert found.photos == 30
    assert separation(vectors, [None] * 60, ["g"] * 60, np.random.default_rng(0)) is None
    assert separation(vectors, ["a"] * 60, [str(i) for i in range(60)], np.random.default_rng(0)) is None


@given(st.integers(0, 200), st.integers(1, 6))
def test_the_nearest_are_of_other_groups_and_nearest_first(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(12, 4))
    groups = [str(g) for g in rng.integers(0, 4, 12)]
    found = nearest(vectors, groups, count, cosine=False)
    for i, row in enumerate(found):
        others = [j for j in range(12) if groups[j] != groups[i]]
        expected = sorted(others, key=lambda j: np.linalg.norm(vectors[i] - vectors[j]))[:count]
        assert row[row >= 0].tolist() == expected


def test_the_map_keeps_classes_together_and_can_be_made_again() -> None:
    vectors, labels = blobs(40)
    steps: list[int] = []
    first = flat_map(vectors, seed=3, step=steps.append)
    assert first.shape == (120, 2)
    assert sum(steps) == 750
    np.testing.assert_array_equal(first, flat_map(vectors, seed=3))
    found = separation(first, labels, [str(i) for i in range(120)], np.random.default_rng(0), cosine=False)
    assert found.accuracy.value > 0.95


@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_a_few_photos_have_a_map_too(count: int) -> None:
    positions = flat_map(np.random.default_rng(0).normal(size=(count, 6)))
    assert positions.shape == (count, 2)
    assert np.isfinite(positions).all()


def test_identical_photos_have_a_map_too() -> None:
    assert np.isfinite(flat_map(np.ones((12, 6)))).all()


def test_names_stand_among_their_own_class() -> None:
    positions = np.concatenate(
        [np.random.default_rng(0).normal(centre, 0.4, (50, 2)) for centre in ((0, 0), (9, 0))]
    )
    labels: list[str | None] = ["left"] * 50 + ["right"] * 50
    labels[99] = None
    positions = np.concatenate([positions, [[9, 0.1]]])  # one stray photo of the left class
    places = label_places(positions, [*labels, "left"])
    assert places["left"][0] < 2
    assert places["right"][0] > 7
