"""What the lesion finder is worth on rendered wide photos, separately for light and dark skin.

    python experiments/lesions.py [--photos 40] [--seed 11]

Each photo is of another patient, half of them severe. A lesion counts as found where a lesion of the finder
overlaps it by at least 0.3 of their union, and each is matched once, the best pairs first. Crops are cut out
by these boxes and scored one by one, so that finding a place is not enough: size must fit too, and a box
around two lesions must not count for both. 0.3 is the usual lower bound for small objects, whose outline is
uncertain by much of their size. The centre rule (the finder's centre lies within the lesion) is beside it.
Intervals resample photos.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.lesions import Lesions, find_lesions
from cutis.phantoms.erythema import BY_NAME
from cutis.phantoms.erythema.wide import Wide, render_wide

OVERLAP = 0.3  # intersection over union from which a lesion counts as found
SIDE = 480  # pixels of the short side
GROUPS = (("light, types I-III", (1, 2, 3)), ("dark, types IV-VI", (4, 5, 6)))


@dataclass(frozen=True)
class Counts:
    """One photo.

    Attributes:
        skin_type: Fitzpatrick 1 to 6.
        lesions: that are there.
        found: of them, by overlap.
        centred: of them, by the centre rule.
        false: lesions of the finder that match none, by overlap.
        kinds: of the lesions that are there, and whether each was found.
        seconds: of one core.
    """

    skin_type: int
    lesions: int
    found: int
    centred: int
    false: int
    kinds: tuple[tuple[str, bool], ...]
    seconds: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--photos", type=int, default=40, help="per condition")
    options.add_argument(
        "--seed", type=int, default=11, help="of the photos; the finder was made with 101 and 7"
    )
    options.add_argument("--conditions", nargs="+", default=["usual", "shifted"], choices=sorted(BY_NAME))
    options.add_argument("--sensitivity", type=float, default=0.5)
    given = options.parse_args()
    import cv2

    cv2.setNumThreads(1)
    for name in given.conditions:
        counted = []
        for number in range(given.photos):
            rng = np.random.default_rng([given.seed, number])
            wide = render_wide(("not_severe", "severe")[number % 2], SIDE, rng, conditions=BY_NAME[name])
            counted.append(counts(wide, given.sensitivity))
        report(f"{name} conditions, seed {given.seed}", counted, np.random.default_rng(given.seed))


def counts(wide: Wide, sensitivity: float) -> Counts:
    start = time.process_time()
    found = find_lesions(wide.image, sensitivity=sensitivity)
    seconds = time.process_time() - start
    matched = matches(found, wide.mask)
    centres = {
        int(wide.mask[min(found.height - 1, int(row)), min(found.width - 1, int(column))])
        for column, row in (lesion.centre for lesion in found)
    }
    there = [spot.number for spot in wide.lesions]
    return Counts(
        skin_type=int(wide.truth["skin_type"]),
        lesions=len(there),
        found=len(matched),
        centred=len(centres & set(there)),
        false=len(found) - len(matched),
        kinds=tuple((spot.kind, spot.number in matched) for spot in wide.lesions),
        seconds=seconds,
    )


def matches(found: Lesions, truth: NDArray[np.int32]) -> dict[int, int]:
    """Number of the lesion found by the number of the lesion that is there: best pairs first, each once."""
    areas = np.bincount(truth.ravel())
    pairs = []
    for lesion in found:
        box = lesion.box
        inside = truth[box.top : box.bottom, box.left : box.right][lesion.mask]
        shared = np.bincount(inside, minlength=len(areas))
        for number in np.flatnonzero(shared[1:]) + 1:
            union = areas[number] + lesion.mask.sum() - shared[number]
            pairs.append((shared[number] / union, int(number), lesion.number))
    taken: dict[int, int] = {}
    for overlap, number, name in sorted(pairs, reverse=True):
        if overlap >= OVERLAP and number not in taken and name not in taken.values():
            taken[number] = name
    return taken


def report(title: str, counted: Sequence[Counts], rng: np.random.Generator) -> None:
    print(f"\n{title}")
    print("skin                 photos  lesions  recall (95%)           false per photo (95%)  centre rule")
    for name, types in GROUPS:
        part = [one for one in counted if one.skin_type in types]
        recall = resampled(part, lambda p: sum(o.found for o in p) / max(1, sum(o.lesions for o in p)), rng)
        false = resampled(part, lambda p: sum(o.false for o in p) / len(p), rng)
        centred = sum(one.centred for one in part) / max(1, sum(one.lesions for one in part))
        there = sum(one.lesions for one in part)
        print(f"{name:20} {len(part):6} {there:8}  {recall:22} {false:22} {centred:.2f}")
    kinds: dict[str, list[bool]] = {}
    for one in counted:
        for kind, hit in one.kinds:
            kinds.setdefault(kind, []).append(hit)
    told = ", ".join(f"{kind} {np.mean(hits):.2f} of {len(hits)}" for kind, hits in sorted(kinds.items()))
    print(f"recall by kind: {told}")
    print(f"{np.median([one.seconds for one in counted]):.2f} s of one core per photo (median)")


def resampled(part: Sequence[Counts], figure: Any, rng: np.random.Generator, draws: int = 1000) -> str:
    """A figure with its 95% interval over photos."""
    every = [figure([part[int(n)] for n in rng.integers(0, len(part), len(part))]) for _ in range(draws)]
    low, high = np.percentile(every, [2.5, 97.5])
    return f"{figure(part):.2f} ({low:.2f}-{high:.2f})"


if __name__ == "__main__":
    main()
