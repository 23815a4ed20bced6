"""In which order each reader reads which case, with or without help. Reproducible from the seed alone.

Counterbalanced, readers follow the rows of a Williams square of the cases, in a drawn order. A square has as
many rows as cases, and each case stands in each place once; among neighbours no pair is repeated in the same
order (with an even number of cases). So over a whole round of readers each case is equally often in each
place, and in a round that is not full no case is in one place more than once oftener than another. Readers
take turns in two groups, each with squares of its own: the group says under which arm a case comes first, so
that this too is balanced, over all places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.web.reading.design import Design

Places = list[list[int]]  # [case number, 1 with help else 0, session]


@dataclass(frozen=True)
class Case:
    """What the order depends on.

    Attributes:
        number: of the case.
        truth: cases of each truth are divided evenly; may be empty.
    """

    number: int
    truth: str = ""


def places(design: Design, cases: Sequence[Case], training: Sequence[int], reader: int) -> list[list[int]]:
    """The places of one reader.

    Args:
        design: says how.
        cases: that count.
        training: numbers of the cases that come first, without help, with feedback.
        reader: 0, 1, 2, ...

    Returns:
        (places, 3) case number, 1 with help else 0, session; training is session 0.
    """
    first: Places = [[number, 0, 0] for number in training]
    numbers = [case.number for case in cases]
    if not numbers:
        return first
    group = reader % 2
    one = [numbers[n] for n in _row(design, len(numbers), reader, session=1)]
    if design.help == "none":
        return first + [[number, 0, 1] for number in one]
    if design.help == "sequential":
        return first + [[number, helped, 1] for number in one for helped in (0, 1)]
    two = [numbers[n] for n in _row(design, len(numbers), reader, session=2)]
    half = dict.fromkeys(numbers, 0) if design.help == "whole" else _halves(design, cases)
    return (
        first
        + [[number, half[number] ^ group, 1] for number in one]
        + [[number, 1 - (half[number] ^ group), 2] for number in two]
    )


def williams(count: int) -> NDArray[np.intp]:
    """A Latin square in which, for an even number, each pair of neighbours occurs once.

    Returns:
        (rows, places) 0 .. count-1.

    Source: Williams 1949, Aust J Sci Res A 2:149.
    """
    first = np.zeros(count, dtype=np.intp)
    first[1::2] = np.arange(1, count // 2 + 1)
    first[2::2] = count - np.arange(1, (count + 1) // 2)
    return np.asarray((first[None] + np.arange(count)[:, None]) % count)


def _row(design: Design, count: int, reader: int, *, session: int) -> list[int]:
    """Which case (0 .. count-1) comes first, second, ..."""
    if design.order == "fixed":
        return list(range(count))
    if design.order == "random":
        rng = np.random.default_rng([design.seed, session, reader])
        return [int(n) for n in rng.permutation(count)]
    paired = design.sessions == 2
    group, within = (reader % 2, reader // 2) if paired else (0, reader)
    turn, row = divmod(within, count)
    rng = np.random.default_rng([design.seed, session, group, turn])
    names = rng.permutation(count)  # which case plays which part in the square
    number = int(rng.permutation(count)[row])
    first = williams(count)[0]  # the other rows are the first one, moved on
    return [int(names[(n + number) % count]) for n in first]


def _halves(design: Design, cases: Sequence[Case]) -> dict[int, int]:
    """Each case's half, 0 or 1; both have as many cases of each truth, or one more."""
    rng = np.random.default_rng([design.seed, 0])
    drawn = [cases[n] for n in rng.permutation(len(cases))]
    ordered = sorted(drawn, key=lambda case: case.truth)  # stays drawn within a truth
    return {case.number: place % 2 for place, case in enumerate(ordered)}
