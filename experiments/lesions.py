"""What the lesion finder is worth on rendered wide photos, separately for light and dark skin.

    python experiments/lesions.py [--per-tone 40] [--seeds 11 12] [--patterned]

Of each seed the first so many photos of either tone are taken. Each photo is of another patient, half of
them severe. A lesion counts as found where a lesion of the finder overlaps it by at least 0.3 of their union,
and each is matched once, the best pairs first. Crops are cut out by these boxes and scored one by one, so
that finding a place is not enough: size must fit too, and a box around two lesions must not count for both.
0.3 is the usual lower bound for small objects, whose outline is uncertain by much of their size. The centre
rule (the finder's centre lies within the lesion) is beside it. Intervals resample photos. `--patterned` lays
cloth, tiles, wood and so on in the colours of the photo's own skin behind the body, and leaves out photos
that show less than an eighth of background.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.lesions import Lesions, find_lesions
from cutis.phantoms.degradations.scenes import scenes
from cutis.phantoms.erythema import BY_NAME
from cutis.phantoms.erythema.conditions import Conditions
from cutis.phantoms.erythema.patient import draw_patient
from cutis.phantoms.erythema.wide import Wide, render_wide

OVERLAP = 0.3  # intersection over union from which a lesion counts as found
SIDE = 480  # pixels of the short side
GROUNDS = (
    *("checked", "tiles", "wood", "stripes", "bricks", "cells"),
    *("lines", "gravel", "fractal", "document", "leaves", "colours"),
)
_BEHIND = (0.12, 0.75)  # share of background in a photo that can show a pattern
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
    options.add_argument("--per-tone", type=int, default=20, help="photos of either tone, per seed")
    options.add_argument(
        "--seeds", type=int, nargs="+", default=[11], help="the finder was made with 5, 7, 14 and 101"
    )
    options.add_argument("--conditions", nargs="+", default=["usual", "shifted"], choices=sorted(BY_NAME))
    options.add_argument("--sensitivity", type=float, default=0.5)
    options.add_argument(
        "--patterned", action="store_true", help="backgrounds with patterns, as skin is coloured"
    )
    given = options.parse_args()
    import cv2

    cv2.setNumThreads(1)
    for name in given.conditions:
        counted = [
            counts(wide, given.sensitivity)
            for seed in given.seeds
            for wide in photos(seed, BY_NAME[name], given.per_tone, patterned=given.patterned)
        ]
        told = f"{name} conditions, seeds {given.seeds}" + (", patterned" if given.patterned else "")
        report(told, counted, np.random.default_rng(given.seeds[0]))


def photos(seed: int, conditions: Conditions, per_tone: int, *, patterned: bool) -> Iterator[Wide]:
    """The first photos of either tone, in their order."""
    left = dict.fromkeys((True, False), per_tone)
    number = -1
    while any(left.values()):
        number += 1
        label = ("not_severe", "severe")[number % 2]
        # Who it is costs nothing; rendering whom nobody looks at does.
        subject = np.random.default_rng([seed, number]).spawn(1)[0]
        light = draw_patient(label, conditions, subject).person.skin_type <= 3
        if not left[light]:
            continue
        wide = render_wide(label, SIDE, np.random.default_rng([seed, number]), conditions=conditions)
        if patterned and not _BEHIND[0] < 1 - wide.skin.mean() < _BEHIND[1]:
            continue
        left[light] -= 1
        yield laid_on(wide, np.random.default_rng([77, seed, number])) if patterned else wide


def laid_on(wide: Wide, rng: np.random.Generator) -> Wide:
    """The photo with a patterned background whose mean is about the colour of the skin in it."""
    import cv2

    light = linear(wide.image)
    scene = np.moveaxis(np.asarray(scenes()[str(rng.choice(GROUNDS))](wide.skin.shape, rng)), 0, 2)
    normal = np.median(light[wide.skin & (wide.mask == 0)], axis=0)
    wanted = normal * np.exp(rng.normal(0, 0.35)) * np.exp(rng.normal(0, 0.1, 3))
    scene = cv2.GaussianBlur(scene * (wanted / np.maximum(scene.mean(axis=(0, 1)), 1e-3)), (0, 0), 0.8)
    cover = cv2.GaussianBlur(wide.skin.astype(np.float32), (0, 0), 1.0)[..., None]
    mixed = 255 * srgb(light * cover + scene * (1 - cover)) + rng.normal(0, 2, light.shape)
    return replace(wide, image=np.where(cover < 0.999, np.clip(mixed, 0, 255), wide.image).astype(np.uint8))


def linear(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    shown = image / 255.0
    return np.where(shown < 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    light = np.clip(light, 0, 1)
    return np.where(light < 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.003) ** (1 / 2.4) - 0.055)


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
