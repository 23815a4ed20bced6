"""How often the intervals and tests of reader studies hold what they say, in simulated studies.

    python experiments/reader_simulations.py --out reader_simulations.jsonl [--studies 2000] [--only crossed]

Ratings follow the model of Roe and Metz (1997, Acad Radiol 4:298 and 4:587): a rating is the sum of
independent normal effects of reader, case, treatment by reader, treatment by case, reader by case, and the
rest, all of them anew for each class, with the twelve combinations of variances and separations that they
published. The true mean area over readers and cases is then known (Hillis 2018, Stat Med 37:2067). Every
study is analysed by formulas written anew here for thousands of studies at once; the first studies of each
setting are analysed by `cutis.stats.mrmc` too, and the two must agree.

A line of the output is one setting; settings that are there already are not run again. `--table` prints what
the documentation shows.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cutis.stats.mrmc import ReaderAreas, analyse
from cutis.stats.mrmc_spread import UPWARDS

Array = NDArray[np.float64]

# Variances of reader (and treatment by reader), case (and treatment by case), reader by case, and the rest.
# The first letter tells how alike cases look to all readers, the second how much readers differ.
CASES = {"H": (0.3, 0.2, 0.2), "L": (0.1, 0.2, 0.6)}
READERS = {"L": (0.0055, 0.0055, 0.0055), "H": (0.011, 0.030, 0.056)}
SEPARATIONS = (0.75, 1.5, 2.5)  # areas of about .70, .85 and .96
BATCH = 12_000_000  # comparisons held at once, some 100 MB
CHECKED = 3  # studies of each setting that the project's own code analyses too


@dataclass(frozen=True)
class Setting:
    """One kind of study.

    Attributes:
        design: crossed, split-plot (two blocks of readers, each with half of the cases), nested (as many
            readers again for the second treatment) or model (readers against one model).
        structure: two letters, see above.
        separation: which of the three.
        readers: in all; for nested under each treatment.
        positives: cases in all.
        negatives: cases in all.
        gain: true area under the second treatment minus that under the first.
    """

    design: str
    structure: str
    separation: int
    readers: int
    positives: int
    negatives: int
    gain: float = 0.0

    @property
    def reader_variance(self) -> float:
        """Of readers, and as much of treatment by reader."""
        return READERS[self.structure[1]][self.separation]

    @property
    def spread(self) -> float:
        """Of the difference of a positive and a negative rating, over everything."""
        return float(np.sqrt(2 * (1 + 2 * self.reader_variance)))

    @property
    def area(self) -> float:
        """True mean area under the first treatment."""
        return float(stats.norm.cdf(SEPARATIONS[self.separation] / self.spread))


def settings() -> Iterator[Setting]:
    structures = ["HL", "HH", "LL", "LH"]
    for readers, cases, s, k in product((3, 5, 10), (50, 100, 200), structures, range(3)):
        yield Setting("crossed", s, k, readers, cases // 2, cases // 2)
    for readers, s, k in product((3, 5, 10), structures, range(3)):  # one case in five positive
        yield Setting("crossed", s, k, readers, 40, 160)
    for readers, s in product((3, 5, 10), structures):  # a true difference
        yield Setting("crossed", s, 1, readers, 50, 50, 0.05)
    for design, s, k in product(("split-plot", "nested", "model"), structures, range(3)):
        for readers in (4, 10) if design == "split-plot" else (3, 5, 10):
            yield Setting(design, s, k, readers, 50, 50)


@dataclass(frozen=True)
class Drawn:
    """Areas of many studies with their covariance over cases, and what is true of the readers drawn.

    Attributes:
        areas: (studies, readers, treatments).
        covariance: (studies, readers, treatments, readers, treatments).
        own: (studies, readers, treatments) areas that these readers would have on all cases.
    """

    areas: Array
    covariance: Array
    own: Array


def draw(one: Setting, studies: int, rng: np.random.Generator) -> Drawn:
    if one.design == "split-plot":
        return _blocks(one, studies, rng)
    if one.design == "nested":
        both = _crossed(one, 2 * one.readers, one.positives, one.negatives, studies, rng)
        return both  # the analysis takes the first half under one treatment, the second under the other
    return _crossed(one, one.readers, one.positives, one.negatives, studies, rng)


def _crossed(
    one: Setting, readers: int, positives: int, negatives: int, studies: int, rng: np.random.Generator
) -> Drawn:
    means = stats.norm.ppf([one.area, one.area + one.gain]) * one.spread
    if one.design == "model":  # no readers differ in it
        means[1] = stats.norm.ppf(one.area + one.gain) * np.sqrt(2)
    levels, ratings = [], []
    for cases, mean in ((positives, means), (negatives, np.zeros(2))):
        level, noise = _effects(one, readers, cases, studies, rng)
        levels.append(level + mean)
        ratings.append(levels[-1][..., None] + noise)
    own = stats.norm.cdf((levels[0] - levels[1]) / np.sqrt(2))
    areas, covariance = _delong(*ratings)
    return Drawn(areas, covariance, own)


def _effects(
    one: Setting, readers: int, cases: int, studies: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """(studies, readers, 2) levels of readers and (studies, readers, 2, cases) of what differs by case."""
    case, reader_case, rest = CASES[one.structure[0]]

    def effect(variance: float, *shape: int) -> Array:
        drawn = rng.standard_normal((studies, *shape), dtype=np.float32)
        return drawn * np.float32(np.sqrt(variance))

    level = effect(one.reader_variance, readers, 1) + effect(one.reader_variance, readers, 2)
    noise = effect(case, 1, 1, cases) + effect(case, 1, 2, cases)
    if one.design != "model":
        return level, noise + effect(reader_case, readers, 1, cases) + effect(rest, readers, 2, cases)
    level[:, :, 1] = 0  # the second treatment is the model, which says one thing to all readers
    own = effect(reader_case + rest, readers, 2, cases)
    own[:, :, 1] = own[:, :1, 1]
    return level, noise + own


def _blocks(one: Setting, studies: int, rng: np.random.Generator) -> Drawn:
    """Two blocks of readers with cases of their own; nothing varies together between them."""
    half = [
        _crossed(one, one.readers // 2, one.positives // 2, one.negatives // 2, studies, rng)
        for _ in range(2)
    ]
    size = one.readers // 2
    covariance = np.zeros((studies, one.readers, 2, one.readers, 2))
    covariance[:, :size, :, :size], covariance[:, size:, :, size:] = (part.covariance for part in half)
    return Drawn(
        np.concatenate([part.areas for part in half], axis=1),
        covariance,
        np.concatenate([part.own for part in half], axis=1),
    )


def _delong(ups: Array, downs: Array) -> tuple[Array, Array]:
    """Areas and covariances of ratings (studies, readers, 2, cases); nothing is tied."""
    won = ups[..., :, None] > downs[..., None, :]
    m, n = ups.shape[-1], downs.shape[-1]
    above = won.sum(axis=-1, dtype=np.int32) / n  # (studies, readers, 2, positives)
    below = won.sum(axis=-2, dtype=np.int32) / m
    areas = above.mean(axis=-1)
    total = np.zeros(())
    for placed, size in ((above, m), (below, n)):
        apart = (placed - areas[..., None]).reshape(len(areas), -1, size)
        total = total + apart @ apart.transpose(0, 2, 1) / ((size - 1) * size)
    return areas, total.reshape(*areas.shape, *areas.shape[1:])


@dataclass(frozen=True)
class Answer:
    """Of many studies, (studies,) each.

    Attributes:
        value: area, or difference of two.
        error: its standard error.
        share: of its variance that comes from readers.
        bounded: the same, part of the way up to what cases alone make of it where that is more.
        free: degrees of freedom of that share; the same for all.
    """

    value: Array
    error: Array
    share: Array
    bounded: Array
    free: int

    def df(self, bounded: bool = False) -> Array:
        """Hillis's degrees of freedom."""
        share = self.bounded if bounded else self.share
        with np.errstate(divide="ignore"):
            return np.asarray(np.where(share > 0, self.free / share**2, np.inf))

    def half(self, bounded: bool = False) -> Array:
        """Half of the width of the 95% interval."""
        return np.asarray(stats.t.ppf(0.975, self.df(bounded)) * self.error)

    def covers(self, truth: Array | float, bounded: bool = False) -> NDArray[np.bool_]:
        """Whether the interval holds the truth."""
        return np.asarray(np.abs(self.value - truth) <= self.half(bounded))

    def covers_by_logit(self, truth: float, bounded: bool = False) -> NDArray[np.bool_]:
        """The same of the interval on the logit scale; an area of 1 has no spread and covers no other."""
        value = np.clip(self.value, 1e-9, 1 - 1e-9)
        apart = np.log(value / (1 - value)) - np.log(truth / (1 - truth))
        inside = (self.value > 0) & (self.value < 1)
        return np.asarray(inside & (np.abs(apart) <= self.half(bounded) / (value * (1 - value))))


def of_parts(value: Array, readers: Array, cases: Array, alone: Array, free: int, scale: float) -> Answer:
    """From the readers' mean square, what cases add to it, and what cases alone would make of it.

    `scale` brings them to the variance.
    """
    raised = readers + UPWARDS * np.maximum(alone - readers, 0)
    share, bounded = (
        np.divide(part, part + cases, out=np.zeros_like(part), where=part + cases > 0)
        for part in (readers, raised)
    )
    return Answer(value, np.sqrt(scale * (readers + cases)), share, bounded, free)


def single(areas: Array, covariance: Array) -> Answer:
    """Of the mean of (studies, readers) areas with their (studies, readers, readers) covariance."""
    readers = areas.shape[1]
    shared = np.clip(_pairs(covariance), 0, None)
    alone = _each(covariance) - shared
    mean, spread = areas.mean(axis=1), areas.var(axis=1, ddof=1)
    return of_parts(mean, spread, readers * shared, alone, readers - 1, 1 / readers)


def fixed(areas: Array, covariance: Array) -> Answer:
    """The same of these readers only."""
    readers = areas.shape[1]
    cases = _each(covariance) + (readers - 1) * np.clip(_pairs(covariance), 0, None)
    none = np.zeros(len(areas))
    return of_parts(areas.mean(axis=1), none, cases, none, readers - 1, 1 / readers)


def difference(areas: Array, contrast: Array, shared: Array) -> Answer:
    """Of the readers' first minus second areas.

    `contrast` is its (studies, readers, readers) covariance, `shared` is cov2 - cov3.
    """
    readers, shared = areas.shape[1], np.clip(shared, 0, None)
    apart = areas[:, :, 0] - areas[:, :, 1]
    interaction, alone = apart.var(axis=1, ddof=1) / 2, _each(contrast) / 2 - shared
    return of_parts(apart.mean(axis=1), interaction, readers * shared, alone, readers - 1, 2 / readers)


def _each(covariance: Array) -> Array:
    """Mean variance of one reader of (studies, readers, readers)."""
    return np.asarray(np.einsum("brr->br", covariance).mean(axis=1))


def _pairs(covariance: Array) -> Array:
    """Mean over pairs of two readers of (studies, readers, readers)."""
    readers = covariance.shape[1]
    return np.asarray(
        (covariance.sum(axis=(1, 2)) - np.einsum("brr->b", covariance)) / (readers * (readers - 1))
    )


def answers(one: Setting, drawn: Drawn) -> tuple[Answer, list[Answer], Answer | None]:
    """The difference, each treatment alone, and the difference for these readers only."""
    areas, covariance = drawn.areas, drawn.covariance
    if one.design == "nested":
        return _nested(one, drawn)
    alone = [single(areas[:, :, t], covariance[:, :, t, :, t]) for t in range(2)]
    same = (_pairs(covariance[:, :, 0, :, 0]) + _pairs(covariance[:, :, 1, :, 1])) / 2
    other = (_pairs(covariance[:, :, 0, :, 1]) + _pairs(covariance[:, :, 1, :, 0])) / 2
    contrast = (
        covariance[:, :, 0, :, 0]
        + covariance[:, :, 1, :, 1]
        - covariance[:, :, 0, :, 1]
        - covariance[:, :, 1, :, 0]
    )
    here = fixed(areas[:, :, 0] - areas[:, :, 1], contrast)
    return difference(areas, contrast, same - other), alone, here


def _nested(one: Setting, drawn: Drawn) -> tuple[Answer, list[Answer], None]:
    size = one.readers
    first, second = slice(None, size), slice(size, None)
    sides = ((first, 0), (second, 1))
    alone = [single(drawn.areas[:, who, t], drawn.covariance[:, who, t, who, t]) for who, t in sides]
    same = sum(_pairs(drawn.covariance[:, who, t, who, t]) for who, t in sides) / 2
    other = drawn.covariance[:, first, 0, second, 1].mean(axis=(1, 2))
    spread = sum(drawn.areas[:, who, t].var(axis=1, ddof=1) for who, t in sides) / 2
    variance = sum(_each(drawn.covariance[:, who, t, who, t]) for who, t in sides) / 2
    shared = np.clip(same - other, 0, None)
    parts = (np.asarray(spread), size * shared, variance - other - shared)
    return of_parts(alone[0].value - alone[1].value, *parts, 2 * (size - 1), 2 / size), alone, None


def check(one: Setting, drawn: Drawn, pair: Answer, alone: list[Answer]) -> None:
    """The project's own code says the same of the first studies."""
    for number in range(min(CHECKED, len(drawn.areas))):
        areas, covariance = drawn.areas[number].copy(), drawn.covariance[number].copy()
        if one.design == "nested":
            there = np.zeros(areas.shape, dtype=bool)
            there[: one.readers, 0] = there[one.readers :, 1] = True
            areas[~there] = np.nan
            covariance[~there] = np.nan
            covariance[:, :, ~there] = np.nan
        names = tuple(map(str, range(len(areas))))
        for interval in ("published", "bounded"):
            found = analyse(ReaderAreas(areas, covariance, names, ("1", "2"), "delong"), interval=interval)
            bounded = interval == "bounded"
            told = found.differences[0]
            for mine, its in [(pair, told), *zip(alone, found.areas, strict=True)]:
                expected = (mine.value[number], mine.error[number], min(mine.df(bounded)[number], 1e9))
                np.testing.assert_allclose(
                    expected, (its.value, its.standard_error, min(its.df, 1e9)), rtol=1e-4, atol=1e-9
                )
            np.testing.assert_allclose(pair.half(bounded)[number], told.high - told.value, rtol=1e-3)


def run(one: Setting, studies: int) -> dict[str, float]:
    """Shares of studies whose intervals hold the truth, and whose test finds a difference."""
    seed = crc32(json.dumps(asdict(one)).encode())
    rng = np.random.default_rng([seed, 2028])  # `UPWARDS` was chosen on studies drawn with 2026 and 2027
    size = 4 * one.readers * one.positives * one.negatives
    batch = max(CHECKED, min(studies, BATCH // size))
    sums: dict[str, float] = {}
    for start in range(0, studies, batch):
        drawn = draw(one, min(batch, studies - start), rng)
        pair, alone, here = answers(one, drawn)
        check(one, drawn, pair, alone)
        found = {
            "rejected": ~pair.covers(0.0),
            "difference": pair.covers(-one.gain),
            "difference_width": 2 * pair.half(),
            "area": alone[0].covers(one.area),
            "rejected_bounded": ~pair.covers(0.0, bounded=True),
            "difference_bounded": pair.covers(-one.gain, bounded=True),
            "area_bounded": alone[0].covers_by_logit(one.area, bounded=True),
            "area_width": 2 * alone[0].half(),
            "perfect": alone[0].value == 1,
        }
        if here is not None:
            own = (drawn.own[:, :, 0] - drawn.own[:, :, 1]).mean(axis=1)
            found["difference_fixed_readers"] = here.covers(own)
        for name, values in found.items():
            sums[name] = sums.get(name, 0.0) + float(np.sum(values))
    return {name: total / studies for name, total in sums.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="one line of JSON per setting")
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--only", help="one design")
    parser.add_argument("--table", action="store_true", help="print the table of what is there, run nothing")
    asked = parser.parse_args()
    lines = asked.out.read_text().splitlines() if asked.out.is_file() else []
    there = {line["key"]: line for line in map(json.loads, lines)}
    if asked.table:
        table(list(there.values()))
        return
    for one in settings():
        key = json.dumps([*asdict(one).values(), asked.studies])
        if key in there or asked.only not in (None, one.design):
            continue
        result = {
            "key": key,
            "studies": asked.studies,
            **asdict(one),
            "truth": one.area,
            **run(one, asked.studies),
        }
        with asked.out.open("a") as handle:
            handle.write(json.dumps(result) + "\n")
        shown = ("rejected_bounded", "difference_bounded", "area_bounded")
        print(one, {name: round(result[name], 4) for name in shown})


def table(lines: list[dict[str, float]]) -> None:
    """For each design and number of readers and cases: mean and range over structures and separations."""
    groups: dict[tuple[object, ...], list[dict[str, float]]] = {}
    for line in lines:
        key = (line["design"], line["readers"], line["positives"], line["negatives"], line["gain"])
        groups.setdefault(key, []).append(line)
    print("| design | readers | cases | " + " | ".join(COLUMNS.values()) + " |")
    print("|---" * (3 + len(COLUMNS)) + "|")
    for (design, readers, positives, negatives, gain), rows in groups.items():
        cells = [_range([row[name] for row in rows]) if name in rows[0] else "" for name in COLUMNS]
        if gain:
            cells[1] = cells[3] = ""  # there is a difference to find
        print(f"| {design} | {readers} | {positives} + {negatives} | " + " | ".join(cells) + " |")


COLUMNS = {
    "difference": "difference",
    "rejected": "type I error",
    "difference_bounded": "difference, bounded",
    "rejected_bounded": "type I error, bounded",
    "area": "AUC",
    "area_bounded": "AUC, bounded",
    "difference_fixed_readers": "difference, fixed readers",
}


def _range(values: list[float]) -> str:
    return f"{100 * np.mean(values):.1f} ({100 * min(values):.1f}–{100 * max(values):.1f})"


if __name__ == "__main__":
    main()
