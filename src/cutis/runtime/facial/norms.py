"""Norms of a user's own study: a versioned file of quantiles by age, sex and skin type, and of repeatability.

None are shipped. Whoever has measured people of a kind can build their own, and is told which strata are too
small to say anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from cutis.core.errors import CutisError
from cutis.core.files import write_text
from cutis.core.version import __version__
from cutis.pages.environment import now
from cutis.runtime.facial.values import Peers, Source
from cutis.stats.change import Repeatability, repeatability
from cutis.stats.norms import LEAST, Curves, quantile_curves, standing

FORMAT = 1
KIND = "cutis facial norms"
ANY = "any"
SKIN_TYPES: Mapping[str, tuple[int, ...]] = {"1-2": (1, 2), "3-4": (3, 4), "5-6": (5, 6)}
_SEXES = ("female", "male")
_LEAST_REPEATS = 10  # degrees of freedom: fewer say too little of an error
_GROWS = 0.5  # rank correlation of error and size above which errors are taken as ratios
_FROM_ZERO = ("spot_", "wrinkle_", "pore_", "roughness", "shine")  # measures of which nothing is 0
_ARRAYS = ("ages", "levels", "values", "low", "high", "near", "reach")


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


def write_norms(norms: Norms, path: Path | str) -> None:
    """Write norms whole or not at all.

    Raises:
        OutputError: the file could not be written.
    """
    write_text(path, json.dumps(_to_dict(norms), indent=None, ensure_ascii=False, allow_nan=False) + "\n")


def read_norms(path: Path | str) -> Norms:
    """Read norms.

    Raises:
        CutisError: there are none, they are damaged, or a newer cutis wrote them.
    """
    path = Path(path)
    mend = "Build them with: cutis norms MEASURES --out norms.json"
    if not path.is_file():
        raise CutisError(f"{path}: there is no such file. {mend}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("kind") != KIND:
            raise CutisError(f"{path}: holds no norms of facial measures. {mend}")
        if int(data["format"]) > FORMAT:
            raise CutisError(
                f"{path}: is of format {data['format']}; this cutis ({__version__}) reads up to {FORMAT}. "
                f"Use cutis {data.get('cutis', 'of a newer version')} or newer."
            )
        return _from_dict(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CutisError(f"{path}: is damaged ({type(error).__name__}: {error}). {mend}") from error


def _to_dict(norms: Norms) -> dict[str, Any]:
    return {
        "kind": KIND,
        "format": FORMAT,
        "cutis": norms.version,
        "created": norms.created,
        "source": norms.source,
        "people": norms.people,
        "tables": [
            {
                "measure": one.measure,
                "area": one.area,
                "unit": one.unit,
                "sex": one.stratum.sex,
                "skin_type": one.stratum.skin_type,
                "people": one.curves.people,
                "step": one.curves.step,
                "confidence": one.curves.confidence,
                **{name: _plain(getattr(one.curves, name)) for name in _ARRAYS},
            }
            for one in norms.tables
        ],
        "refused": [
            {
                "area": one.area,
                "sex": one.stratum.sex,
                "skin_type": one.stratum.skin_type,
                "why": one.words,
            }
            for one in norms.refused
        ],
        "repeatability": {name: one.to_dict() for name, one in norms.repeats.items()},
    }


def _from_dict(data: Mapping[str, Any]) -> Norms:
    tables = [
        Table(
            str(one["measure"]),
            str(one["area"]),
            str(one["unit"]),
            Stratum(str(one["sex"]), str(one["skin_type"])),
            _curves(one),
        )
        for one in data["tables"]
    ]
    refused = [
        TooFew(str(one["area"]), Stratum(str(one["sex"]), str(one["skin_type"])), str(one["why"]))
        for one in data["refused"]
    ]
    repeats = {str(name): Repeatability.from_dict(one) for name, one in data["repeatability"].items()}
    return Norms(
        tuple(tables),
        tuple(refused),
        repeats,
        int(data["people"]),
        str(data["source"]),
        str(data["created"]),
        str(data["cutis"]),
    )


def _curves(data: Mapping[str, Any]) -> Curves:
    arrays: dict[str, Any] = {name: _array(data[name]) for name in _ARRAYS}
    ages, levels = len(arrays["ages"]), len(arrays["levels"])
    for name in ("values", "low", "high"):
        if arrays[name].shape != (ages, levels):
            raise ValueError(f"{name} have the shape {arrays[name].shape}, not {(ages, levels)}")
    arrays["near"] = arrays["near"].astype(np.intp)
    return Curves(
        **arrays, people=int(data["people"]), step=float(data["step"]), confidence=float(data["confidence"])
    )


def _plain(values: Any) -> Any:
    """Lists of numbers with five digits, none where there is none."""
    if isinstance(values, np.ndarray) and values.ndim:
        return [_plain(one) for one in values]
    if isinstance(values, np.integer):
        return int(values)
    return None if math.isnan(values) else float(f"{float(values):.5g}")


def _array(values: Any) -> Any:
    return np.array(values, dtype=np.float64)
