"""What every published score answers with: its items, their points, and a range where facts are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One line of a score.

    Attributes:
        name: as the publication calls it.
        finding: what is known, such as ``57 years``, or ``not known``.
        low: fewest points that the facts allow.
        high: most points that the facts allow; equal to `low` where they settle the item.
        published: points by the publication's own rule, which for some scores covers unknown facts too;
            None where it has no rule for them.
        rule: when points are given.
    """

    name: str
    finding: str
    low: int
    high: int
    published: int | None
    rule: str

    @property
    def known(self) -> bool:
        """Whether the facts settle the item."""
        return self.low == self.high


@dataclass(frozen=True)
class Risk:
    """Share of patients to whom something happened or is predicted, as a range over what is not known.

    Attributes:
        low: 0..1.
        high: 0..1, at least `low`.
        text: one sentence with the numbers in it.
        source: where they were published.
    """

    low: float
    high: float
    text: str
    source: str


@dataclass(frozen=True)
class Score:
    """A published score of one patient, or of one drug of one patient.

    Attributes:
        name: short and stable, such as ``scorten``.
        title: for people.
        items: every item, also those that are not known.
        low: fewest points that the facts allow, and attained by some completion of them.
        high: most points that the facts allow, and attained too.
        reading: what the publication calls such a total, or such a range of totals.
        source: the publication.
        risks: what it predicts; empty where it predicts nothing.
        notes: what must be known to read the score.
    """

    name: str
    title: str
    items: tuple[Item, ...]
    low: int
    high: int
    reading: str
    source: str
    risks: tuple[Risk, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def published(self) -> int | None:
        """Total by the publication's own rules for unknown facts; None where it has none for one of them."""
        points = [item.published for item in self.items]
        return None if None in points else sum(point for point in points if point is not None)

    @property
    def total(self) -> int | None:
        """The total, where the facts settle it."""
        return self.low if self.low == self.high else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the items that the facts do not settle."""
        return tuple(item.name for item in self.items if not item.known)


def settled(name: str, finding: str, points: int, rule: str) -> Item:
    """An item that the facts settle."""
    return Item(name, finding, points, points, points, rule)


def unsettled(
    name: str, low: int, high: int, rule: str, published: int | None = None, finding: str = "not known"
) -> Item:
    """An item that the facts leave open; settled after all where both ends are equal."""
    return Item(name, finding, low, high, low if low == high else published, rule)


def yes_or_no(name: str, fact: bool | None, points: int, rule: str) -> Item:
    """Points where a fact holds, none where it does not, a range where it is not known."""
    if fact is None:
        return unsettled(name, 0, points, rule)
    return settled(name, "yes" if fact else "no", points if fact else 0, rule)


def ends(items: Sequence[Item]) -> tuple[int, int]:
    """Fewest and most points, for items that do not depend on each other."""
    return sum(item.low for item in items), sum(item.high for item in items)


def points(low: int, high: int) -> str:
    """``3``, or ``2 to 5`` where it is not settled."""
    return signed(low) if low == high else f"{signed(low)} to {signed(high)}"


def signed(number: int) -> str:
    """A whole number with a true minus sign."""
    return str(number).replace("-", "\N{MINUS SIGN}")


def share(low: float, high: float | None = None) -> str:
    """``35% (353 in 1,000)``, or ``3–35% (32–353 in 1,000)``."""
    high = low if high is None else high
    percents = [f"{100 * value:.0f}" for value in (low, high)]
    thousands = [f"{1000 * value:,.0f}" for value in (low, high)]
    if thousands[0] == thousands[1]:
        return f"{percents[0]}% ({thousands[0]} in 1,000)"
    percent = percents[0] if percents[0] == percents[1] else "–".join(percents)
    return f"{percent}% ({'–'.join(thousands)} in 1,000)"
