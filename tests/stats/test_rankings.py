"""Differentials: plausibilities against an exact posterior, overlap against its definition; real readers."""

from __future__ import annotations

import json
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import CutisError
from cutis.stats.rankings import (
    Ranking,
    average_overlap,
    check_rankings,
    inverse_ranks,
    plackett_luce,
    reader_agreement,
)


def _chance(ranking: Ranking, rate: np.ndarray) -> np.ndarray:
    """Chance of a ranking with ties in a race, over every order that it allows; rate (points, conditions)."""
    whole = np.zeros(len(rate))
    for orders in product(*(permutations(block) for block in ranking)):
        left, chance = rate.sum(axis=1), np.ones(len(rate))
        for item in (item for order in orders for item in order):
            chance *= rate[:, item] / left
            left = left - rate[:, item]
        whole += chance
    return whole


def test_plausibilities_are_the_exact_posterior() -> None:
    readers: list[Ranking] = [[[0], [1]], [[0, 2]], [[1], [0, 2]], [[0]]]
    points = np.random.default_rng(0).dirichlet(np.ones(4), 100_000)  # three conditions, and any other
    weight = np.prod([_chance(ranking, points) for ranking in readers], axis=0)
    exact = weight @ points / weight.sum()
    certainty = max(np.bincount(points.argmax(axis=1), weight)) / weight.sum()
    cases = [readers, [[[2]]]]  # a second case, padded
    found = plackett_luce(cases, 9, 2500, np.random.default_rng(1))
    assert found.plausibility[0] == pytest.approx(exact[:3], abs=0.015)
    assert found.other[0] == pytest.approx(exact[3], abs=0.01)
    assert found.certainty[0] == pytest.approx(certainty, abs=0.03)
    assert found.items[1].tolist() == [2, -1, -1]
    assert found.plausibility[1, 0] == pytest.approx(2 / 3, abs=0.02)  # one of two came first: (2, 1) / 3
    table = found.table(9)
    assert table.sum(axis=1) == pytest.approx([1, 1], abs=1e-12)
    assert table[0, 5] == pytest.approx(found.other[0] / 6)


def test_more_readers_of_one_mind_make_it_surer() -> None:
    cases = [[[[0], [1]]] * number for number in (1, 3, 9)]
    found = plackett_luce(cases, 5, 600, np.random.default_rng(2))
    assert np.all(np.diff(found.certainty) > 0)
    assert np.all(np.diff(found.plausibility[:, 0]) > 0)
    assert inverse_ranks(cases, 5)[:, 0].tolist() == pytest.approx([2 / 3] * 3)  # which knows nothing of that
    counted = plackett_luce(cases[:1], 5, 600, np.random.default_rng(3), reliability=9)
    assert counted.plausibility[0, 0] == pytest.approx(found.plausibility[2, 0], abs=0.03)


def test_inverse_ranks_by_hand() -> None:
    cases = [[[[0], [2, 3]], [[2]]]]  # 1 + 0, 0, 1/2 + 1, 1/2 of three in all
    assert inverse_ranks(cases, 4)[0].tolist() == pytest.approx([1 / 3, 0, 1.5 / 3, 0.5 / 3])


def _overlap(first: Ranking, second: Ranking, classes: int, depth: int) -> float:
    """Mean over all orders that ties allow, counted place by place."""

    def orders(ranking: Ranking) -> np.ndarray:
        rest = [item for item in range(classes) if item not in {i for block in ranking for i in block}]
        found = product(*(permutations(block) for block in [*ranking, rest] if len(block)))
        return np.array([[item for block in order for item in block] for order in found])

    def both(a: np.ndarray, b: np.ndarray) -> float:
        shares = [
            np.mean([[len(set(x[:d]) & set(y[:d])) / d for x in a] for y in b]) for d in range(1, depth + 1)
        ]
        return float(np.mean(shares))

    a, b = orders(first), orders(second)
    return both(a, b) / np.sqrt(both(a, a) * both(b, b))


@pytest.mark.parametrize(
    ("first", "second"),
    [([[0], [1]], [[0], [1]]), ([[0], [1]], [[1], [0]]), ([[0, 1]], [[2], [1]]), ([[3]], [[0], [1, 2]])],
)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_overlap_is_the_mean_over_all_orders(first: Ranking, second: Ranking, depth: int) -> None:
    found = average_overlap(first, second, 5, depth)
    assert found == pytest.approx(_overlap(first, second, 5, depth), abs=1e-9)


@given(st.permutations(range(6)), st.permutations(range(6)), st.integers(1, 5))
@settings(max_examples=30)
def test_overlap_is_symmetric_and_one_with_itself(a: list[int], b: list[int], cut: int) -> None:
    first, second = [a[:cut], a[cut:]], [[item] for item in b[:cut]]
    assert average_overlap(first, second, 8) == pytest.approx(average_overlap(second, first, 8), abs=1e-12)
    assert average_overlap(first, first, 8) == pytest.approx(1, abs=1e-12)
    assert 0 <= average_overlap(first, second, 8) <= 1 + 1e-12


def test_pairs_of_readers_agree_or_not() -> None:
    same, overlap = reader_agreement([[[[0]], [[0], [1]], [[2]]], [[[0]]]], 4)
    assert same[0] == pytest.approx(1 / 3)
    assert 0 < overlap[0] < 1
    assert np.isnan([same[1], overlap[1]]).all()


def test_what_is_no_ranking_is_refused() -> None:
    with pytest.raises(CutisError, match=r"case 1, reader 2: a condition lies outside 0 \.\. 3\."):
        inverse_ranks([[[[0]], [[4]]]], 4)
    with pytest.raises(CutisError, match="reader 1: a condition twice"):
        check_rankings([[[[0], [0]]]], 4)
    with pytest.raises(CutisError, match="case 1: no reader named anything"):
        plackett_luce([[[]]], 4, 5, np.random.default_rng(0))


def test_dermatologists_differentials(shared_data: Path) -> None:
    folder = shared_data / "readers" / "derm_ddx"
    if not folder.is_dir():
        pytest.skip(f"no reader tables at {folder.parent}")
    cases = json.loads((folder / "dermatology_selectors.json").read_text())
    assert (len(cases), sum(map(len, cases))) == (1947, 9602)
    same, overlap = reader_agreement(cases[:300], 419)
    assert 0.4 < np.nanmean(same) < 0.8
    assert 0.3 < np.nanmean(overlap) < np.nanmean(same) + 0.1
    found = plackett_luce(cases[:300], 419, 100, np.random.default_rng(0), warm=50)
    votes = inverse_ranks(cases[:300], 419)
    agree = found.items[np.arange(300), found.plausibility.argmax(axis=1)] == votes.argmax(axis=1)
    assert agree.mean() > 0.8
    assert np.corrcoef(found.certainty, np.nan_to_num(same))[0, 1] > 0.4
