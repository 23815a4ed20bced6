"""The order of cases is balanced over readers, places and arms, and the same each time."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.web.reading.design import Choice, Design, Help
from cutis.web.reading.order import Case, places, williams

ANSWERS = (Choice(name="no"), Choice(name="yes"))
COUNTS = st.integers(2, 13)
SEEDS = st.integers(0, 2**31 - 1)


def _design(help_: Help = "none", order: str = "counterbalanced", seed: int = 1) -> Design:
    return Design.model_validate(
        {"question": "Is it?", "answers": ANSWERS, "help": help_, "order": order, "seed": seed}
    )


def _cases(count: int) -> list[Case]:
    return [Case(number, "yes" if number % 3 == 0 else "no") for number in range(1, count + 1)]


def _orders(design: Design, count: int, readers: int) -> list[list[list[int]]]:
    return [places(design, _cases(count), [], reader) for reader in range(readers)]


@given(st.integers(1, 40))
def test_each_row_and_each_column_of_a_square_holds_each_case_once(count: int) -> None:
    square = williams(count)
    whole = list(range(count))
    assert [sorted(row) for row in square.tolist()] == [whole] * count
    assert [sorted(row) for row in square.T.tolist()] == [whole] * count


@given(st.integers(1, 20).map(lambda half: 2 * half))
def test_with_an_even_number_of_cases_each_follows_each_other_once(count: int) -> None:
    pairs = Counter(pair for row in williams(count).tolist() for pair in pairwise(row))
    assert set(pairs.values()) <= {1}
    assert len(pairs) == count * (count - 1)


@given(COUNTS, SEEDS)
def test_over_a_round_of_readers_each_case_is_once_in_each_place(count: int, seed: int) -> None:
    found = Counter(
        (place, case)
        for order in _orders(_design(seed=seed), count, count)
        for place, (case, _helped, _session) in enumerate(order)
    )
    assert set(found.values()) == {1}
    assert len(found) == count * count


@given(COUNTS, SEEDS, st.sampled_from(["whole", "mixed"]))
@settings(max_examples=60)
def test_over_two_rounds_each_case_is_equally_often_in_each_arm_and_place_of_each_session(
    count: int, seed: int, help_: Help
) -> None:
    found = Counter(
        (session, place % count, helped, case)
        for order in _orders(_design(help_, seed=seed), count, 2 * count)
        for place, (case, helped, session) in enumerate(order)
    )
    assert set(found.values()) == {1}
    assert len(found) == 2 * count * 2 * count


@given(COUNTS, SEEDS, st.sampled_from(["none", "whole", "mixed"]), st.integers(1, 40))
@settings(max_examples=60)
def test_at_no_number_of_readers_is_a_case_much_oftener_in_one_place_or_arm_than_in_another(
    count: int, seed: int, help_: Help, readers: int
) -> None:
    orders = _orders(_design(help_, seed=seed), count, readers)
    cells = Counter(
        (session, place % count, helped, case)
        for order in orders
        for place, (case, helped, session) in enumerate(order)
    )
    arms = (1 if help_ == "none" else 2) * count
    assert max(cells.values()) <= -(-readers // arms)
    first = Counter((case, helped) for order in orders for case, helped, session in order if session == 1)
    if help_ != "none":
        assert all(abs(first[case, 0] - first[case, 1]) <= 1 for case in range(1, count + 1))


@given(COUNTS, SEEDS, st.sampled_from(["none", "sequential", "whole", "mixed"]), st.integers(0, 500))
@settings(max_examples=80)
def test_everybody_reads_each_case_once_under_each_arm_and_always_in_the_same_order(
    count: int, seed: int, help_: Help, reader: int
) -> None:
    for order in ("counterbalanced", "random", "fixed"):
        design = _design(help_, order, seed)
        told = places(design, _cases(count), [99], reader)
        assert told == places(design, _cases(count), [99], reader)
        assert told[0] == [99, 0, 0]
        arms = (0,) if help_ == "none" else (0, 1)
        read = Counter((case, helped) for case, helped, _session in told[1:])
        assert read == Counter({(case, arm): 1 for case in range(1, count + 1) for arm in arms})
        sessions = [session for *_rest, session in told]
        assert sessions == sorted(sessions)


@given(COUNTS, SEEDS)
def test_with_help_at_once_each_case_comes_first_without_it(count: int, seed: int) -> None:
    told = places(_design("sequential", seed=seed), _cases(count), [], 3)
    assert all(
        one[0] == two[0] and (one[1], two[1]) == (0, 1)
        for one, two in zip(told[::2], told[1::2], strict=True)
    )


@given(st.integers(2, 60), SEEDS)
def test_the_halves_of_a_mixed_design_hold_as_many_cases_of_each_truth(count: int, seed: int) -> None:
    told = places(_design("mixed", seed=seed), _cases(count), [], 0)
    truth = {case.number: case.truth for case in _cases(count)}
    halves = Counter((truth[case], helped) for case, helped, session in told if session == 1)
    for name in ("no", "yes"):
        assert abs(halves[name, 0] - halves[name, 1]) <= 1


@pytest.mark.parametrize("order", ["counterbalanced", "random"])
def test_another_seed_is_another_order(order: str) -> None:
    orders = {str(places(_design(order=order, seed=seed), _cases(12), [], 0)) for seed in range(20)}
    assert len(orders) == 20
