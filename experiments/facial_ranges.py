"""Where does another photo of the same skin lie? The ranges beside single values of facial measures.

Half the width of a range is `hypot(constant, share * value)`, chosen on one file of repeated photos so that
of all pairs of photos of an area the one lies in the other's range 95 times of 100; how often it does on
another file is printed for these and for the ranges that cutis gives now. Files are what
`facial_repeats.py --rows` and `measures_card.py --rows` keep.

    python experiments/facial_ranges.py CHOSEN_ON.csv CHECKED_ON.csv [--card]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.measures import NAMES
from cutis.imaging.measures.repeat import expected_range

Floats = NDArray[np.float64]
ASKED = 0.95
_STEPS = 25


def pairs(rows: pl.DataFrame, name: str) -> tuple[Floats, Floats]:
    """Value of one photo and value of another of the same area, every ordered pair."""
    one, other = [], []
    own = rows.filter((pl.col("measure") == name) & pl.col("value").is_finite())
    for values in own.partition_by("patient_id", "area"):
        seen = values["value"].to_numpy()
        first, second = np.nonzero(~np.eye(len(seen), dtype=bool))
        one.append(seen[first])
        other.append(seen[second])
    return np.concatenate(one), np.concatenate(other)


def chosen(one: Floats, other: Floats) -> tuple[float, float]:
    """Constant and share of the narrowest ranges, on average, that hold as much as is asked for."""
    off, size = np.abs(other - one), np.abs(one)
    best = (np.inf, 0.0, 0.0)
    for share in np.linspace(0, 1.2, _STEPS):
        rest = off**2 - (share * size) ** 2
        constant = float(np.sqrt(max(np.quantile(rest, ASKED, method="higher"), 0.0)))
        wide = float(np.hypot(constant, share * size).mean())
        if (off <= np.hypot(constant, share * size)).mean() >= ASKED - 1e-9:
            best = min(best, (wide, constant, float(share)))
    return best[1], best[2]


def held(one: Floats, other: Floats, low: Floats, high: Floats) -> tuple[float, float, float]:
    """Share of the other values within: of all, of the lower half of values and of the upper."""
    within, upper = (other >= low - 1e-9) & (other <= high + 1e-9), one > np.median(one)
    return within.mean(), within[~upper].mean(), within[upper].mean()


def main() -> None:
    """Print constants, and what the ranges hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs=2, type=Path)
    parser.add_argument("--card", action="store_true", help="photos were corrected with a colour card")
    given = parser.parse_args()
    first, second = (pl.read_csv(path, schema_overrides={"value": pl.Float64}) for path in given.files)
    print("in the range, of 100: all, lower and upper half of values")
    print("measure          constant  share   chosen on it   checked on it         cutis now")
    for name in (name for name in NAMES if name in set(first["measure"])):
        here, there = pairs(first, name), pairs(second, name)
        constant, share = chosen(*here)

        def wide(value: Floats, constant: float = constant, share: float = share) -> Any:
            half = np.hypot(constant, share * value)
            return value - half, value + half

        now = np.array([expected_range(name, value, given.card) for value in there[0]])
        told = (held(*here, *wide(here[0])), held(*there, *wide(there[0])), held(*there, *now.T))
        shown = "   ".join(" ".join(f"{100 * one:5.1f}" for one in each) for each in told)
        print(f"{name:16} {constant:8.3g} {share:6.2f}   {shown}", flush=True)


if __name__ == "__main__":
    main()
