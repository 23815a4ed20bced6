"""Norms of a user's own study: a versioned file of quantiles by age, sex and skin type, and of repeatability.

None are shipped. Whoever has measured people of a kind can build their own, and is told which strata are too
small to say anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from cutis.core.errors import CutisError
from cutis.core.version import __version__
from cutis.pages.environment import now
from cutis.runtime.facial.values import Peers, Source
from cutis.stats.change import Repeatability, repeatability
from cutis.stats.norms import LEAST, Curves, quantile_curves, standing

ANY = "any"
SKIN_TYPES: Mapping[str, tuple[int, ...]] = {"1-2": (1, 2), "3-4": (3, 4), "5-6": (5, 6)}
_SEXES = ("female", "male")
_LEAST_REPEATS = 10  # degrees of freedom: fewer say too little of an error
_GROWS = 0.5  # rank correlation of error and size above which errors are taken as ratios
_FROM_ZERO = ("spot_", "wrinkle_", "pore_", "roughness", "shine")  # measures of which nothing is 0


@dataclass(frozen=True)
class Stratum:
    """A kind of people.

    Attributes:
        sex: or ``any``.
        skin_type: one of `SKIN_TYPES`, or ``any``.
    """

    sex: str = ANY
    skin_type: str = ANY

    @property
    def words(self) -> str:
        """``women of skin types 1-2``."""
        who = {"female": "women", "male": "men"}.get(self.sex, "people")
        return who if self.skin_type == ANY else f"{who} of skin types {self.skin_type}"


@dataclass(frozen=True, eq=False)
class Table:
    """Quantiles of one measure in one area among one kind of people."""

    measure: str
    area: str
    unit: str
    stratum: Stratum
    curves: Curves


@dataclass(frozen=True)
class TooFew:
    """A stratum about which nothing is said.

    Attributes:
        area: where; ``any`` when it holds for all.
        stratum: of whom.
        words: why.
    """

    area: str
    stratum: Stratum
    words: str


@dataclass(frozen=True, eq=False)
class Norms:
    """Norms of one study.

    Attributes:
        tables: of quantiles.
        refused: strata that were too small.
        repeats: by measure, where the study photographed people several times at one visit.
        people: in the study.
        source: files that they were built from.
        created: date and time.
        version: of cutis that built them.
    """

    tables: tuple[Table, ...]
    refused: tuple[TooFew, ...]
    repeats: Mapping[str, Repeatability]
    people: int
    source: str
    created: str = field(default_factory=now)
    version: str = __version__

    def peers_of(self, area: str, values: Mapping[str, float], who: Source) -> dict[str, Peers]:
        """Percentiles of a person's values in an area, each among the narrowest group that is enough."""
        if who.age is None:
            return {}
        found = ((name, self._peers(name, area, value, who)) for name, value in values.items())
        return {name: peers for name, peers in found if peers is not None}

    def _peers(self, measure: str, area: str, value: float, who: Source) -> Peers | None:
        assert who.age is not None
        for stratum in _narrowest_first(who):
            table = self._table(measure, area, stratum)
            at = None if table is None else standing(table.curves, who.age, value)
            if at is not None:
                group = f"{at.near} {stratum.words} within {at.reach:.0f} years of {who.age:.0f}"
                return Peers(at.percentile, at.low, at.high, at.beyond, at.near, group)
        return None

    def _table(self, measure: str, area: str, stratum: Stratum) -> Table | None:
        key = (measure, area, stratum)
        return next((one for one in self.tables if (one.measure, one.area, one.stratum) == key), None)

    def lacking(self, who: Source) -> str:
        """Why nothing can be said of a person, or nothing of it all."""
        if who.age is None:
            return "No percentiles: the norms go by age, and this person's is not given (column age)."
        covered = [one.curves for one in self.tables if one.stratum in _narrowest_first(who)]
        if not any(standing(one, who.age, float(one.values[0, len(one.levels) // 2])) for one in covered):
            ages = [age for one in covered for age in (one.ages[0], one.ages[-1])]
            span = f"{min(ages):.0f} to {max(ages):.0f}" if ages else "none"
            return f"No percentiles: the norms hold nobody near the age of {who.age:.0f} (ages {span})."
        return ""


def _narrowest_first(who: Source) -> tuple[Stratum, ...]:
    types = next((name for name, held in SKIN_TYPES.items() if who.skin_type in held), ANY)
    sex = who.sex if who.sex in _SEXES else ANY
    order = (Stratum(sex, types), Stratum(sex), Stratum(ANY, types), Stratum())
    return tuple(dict.fromkeys(order))


def build_norms(
    measures: pl.DataFrame,
    rng: np.random.Generator,
    *,
    source: str,
    least: int = LEAST,
    replicates: int = 500,
    progress: Callable[[int], None] | None = None,
) -> Norms:
    """Quantiles of every measure in every area among all kinds of people that are enough.

    Args:
        measures: from `cutis.runtime.facial.tables.read_measures`.
        rng: source of the draws of people.
        source: what they were built from, in words.
        least: people of about one age, below which nothing is said.
        replicates: draws.
        progress: called with 1 for each measure, area and kind of people.

    Raises:
        CutisError: nowhere are people enough.
    """
    tables: list[Table] = []
    refused: dict[TooFew, None] = {}
    for measure, area, unit, rows in _parts(measures):
        for stratum in _strata():
            there = _of(rows, stratum)
            try:
                curves = quantile_curves(
                    there["value"].to_numpy(),
                    there["age"].to_numpy(),
                    there["patient_id"].to_numpy(),
                    rng,
                    least=least,
                    replicates=replicates,
                )
                tables.append(Table(measure, area, unit, stratum, curves))
            except CutisError as error:
                refused[TooFew(area, stratum, str(error))] = None
            if progress:
                progress(1)
    people = measures["patient_id"].n_unique()
    if not tables:
        raise CutisError(
            f"{source}: {people} {'person is' if people == 1 else 'people are'} too few for norms. At least "
            f"{least} of about one age are needed for any percentile, with their ages in the column age."
        )
    return Norms(tuple(tables), tuple(refused), repeats_of(measures), people, source)


def steps(measures: pl.DataFrame) -> int:
    """How often `build_norms` will call its progress."""
    return len(list(_parts(measures))) * len(_strata())


def _strata() -> tuple[Stratum, ...]:
    return tuple(Stratum(sex, kind) for sex in (ANY, *_SEXES) for kind in (ANY, *SKIN_TYPES))


def _parts(measures: pl.DataFrame) -> Iterator[tuple[str, str, str, pl.DataFrame]]:
    """Rows of each measure in each area, from the front where any are."""
    known = measures.filter(pl.col("value").is_not_null(), pl.col("age").is_not_null())
    for (measure, area), rows in sorted(known.partition_by("measure", "area", as_dict=True).items()):
        front = rows.filter(pl.col("view") == "front")
        rows = rows if front.is_empty() else front
        yield str(measure), str(area), str(rows["unit"][0] or ""), rows


def _of(rows: pl.DataFrame, stratum: Stratum) -> pl.DataFrame:
    if stratum.sex != ANY:
        rows = rows.filter(pl.col("sex") == stratum.sex)
    if stratum.skin_type != ANY:
        rows = rows.filter(pl.col("skin_type").is_in(SKIN_TYPES[stratum.skin_type]))
    return rows


def repeats_of(measures: pl.DataFrame) -> dict[str, Repeatability]:
    """Repeatability of each measure from photos of one person, visit, view and area that were taken again."""
    found = {}
    keys = ("patient_id", "visit", "view", "area")
    known = measures.filter(pl.col("value").is_not_null())
    for (measure,), rows in sorted(known.partition_by("measure", as_dict=True).items()):
        subjects = rows.select(pl.concat_str(*keys, separator="\0", ignore_nulls=True)).to_series().to_numpy()
        known_repeats = _repeats(rows["value"].to_numpy(), subjects, str(measure).startswith(_FROM_ZERO))
        if known_repeats is not None:
            found[str(measure)] = known_repeats
    return found


def _repeats(values: Any, subjects: Any, from_zero: bool) -> Repeatability | None:
    if len(values) - len(np.unique(subjects)) < _LEAST_REPEATS:
        return None
    plain = repeatability(values, subjects)
    if from_zero and plain.grows > _GROWS and values.min() > 0:
        ratio = repeatability(values, subjects, scale="ratio")
        if abs(ratio.grows) < plain.grows:
            return ratio
    return plain
