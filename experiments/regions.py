"""What chromophore maps, skin likelihood and regions of interest are worth, measured.

    python experiments/regions.py [--photos MILK10K/manifest.csv]

Without photos it measures on rendered skin, whose truth is known. With MILK10k's manifest it also measures
the directions of the pigments, the share of photos that is called skin by skin tone, and whether the box
follows when the photo is cropped so that the lesion is no longer in its centre.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.chromophores import absorbance, haemoglobin
from cutis.imaging.read import read_rgb
from cutis.imaging.regions import Box, Region, region_of_interest
from cutis.imaging.skin_likelihood import skin
from cutis.phantoms.dermoscopy import LABELS, render

Pixels = NDArray[np.uint8]
Rng = np.random.Generator


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--photos", type=Path, help="the manifest of MILK10k")
    options.add_argument("--each", type=int, default=10, help="rendered photos per disease")
    options.add_argument("--most", type=int, default=150, help="real photos per group")
    given = options.parse_args()
    import cv2

    cv2.setNumThreads(1)
    rendered_lesions(given.each)
    not_skin()
    speed()
    if given.photos:
        table = pl.read_csv(given.photos, infer_schema_length=None)
        pigments(table, given.photos.parent, given.most)
        real_skin(table, given.photos.parent, given.most)
        shifted(table, given.photos.parent, given.most)


def rendered_lesions(each: int) -> None:
    """Overlap with the true mask, and what of the lesion lies in the box."""
    print("\nrendered dermoscopy, by share of the photo that the lesion covers")
    print("covers      photos  called lesion  mask overlap  in box  box of photo  in centre box")
    rows = []
    for label in LABELS:
        for seed in range(each):
            one = render(label, 224, np.random.default_rng([7, seed, LABELS.index(label)]))
            if one.mask.mean() < 0.002:
                continue
            region = region_of_interest(one.image)
            centre = centre_box(one.mask.shape, region.box.area / one.mask.size)
            overlap = (region.mask & one.mask).sum() / (region.mask | one.mask).sum()
            inside, plain = (one.mask[within(box)].sum() / one.mask.sum() for box in (region.box, centre))
            share = region.box.area / one.mask.size
            rows.append((one.mask.mean(), region.what == "lesion", overlap, inside, share, plain))
    values = np.array(rows, dtype=np.float64)
    for low, high in ((0.0, 0.15), (0.15, 0.4), (0.4, 0.7), (0.7, 1.01), (0.0, 1.01)):
        part = values[(values[:, 0] >= low) & (values[:, 0] < high)]
        found = part[:, 1] > 0
        print(
            f"{low:.2f}-{min(high, 1):.2f} {len(part):9} {part[:, 1].mean():14.2f} {part[:, 2].mean():13.2f}"
            f" {part[:, 3].mean():7.2f} {part[:, 4].mean():13.2f} {part[:, 5].mean():14.2f}"
            f"   where called lesion: overlap {part[found, 2].mean():.2f}, in box {part[found, 3].mean():.2f}"
        )


def not_skin() -> None:
    print("\nshare called skin of scenes without any")
    scenes: tuple[Callable[[Rng], Pixels], ...] = (document, screen, grass, blue_cloth, sky, table_top)
    for scene in scenes:
        shares = [float((skin(scene(np.random.default_rng(seed))) > 0.5).mean()) for seed in range(10)]
        regions = [region_of_interest(scene(np.random.default_rng(seed))).what for seed in range(10)]
        kinds = ", ".join(f"{kind} {regions.count(kind)}" for kind in sorted(set(regions)))
        print(f"{scene.__name__:12} {np.mean(shares):.3f}   regions: {kinds}")


def speed() -> None:
    small = render("melanocytic_nevus", 250, np.random.default_rng(0)).image
    big = np.ascontiguousarray(np.tile(small, (12, 16, 1)))
    for name, photo in (("250 x 250", small), (f"{big.shape[1]} x {big.shape[0]}", big)):
        region_of_interest(photo)
        taken = []
        for _ in range(9):
            start = time.process_time()
            region_of_interest(photo)
            taken.append((time.process_time() - start) * 1000)
        print(f"\n{name}: {np.median(taken):.0f} ms of one core, at best {min(taken):.0f}")


def pigments(table: pl.DataFrame, folder: Path, most: int) -> None:
    """Absorbance of the centre above that of the rim: which way each kind of lesion lies."""
    print("\nabsorbance of lesions above the skin around them, clinical photos (median; green is 1)")
    for name, kinds in (("naevi", ["nv"]), ("vascular", ["vasc"]), ("inflammatory", ["inf"])):
        chosen = table.filter((pl.col("modality") == "clinical") & pl.col("dx").is_in(kinds))
        above = []
        for photo in photos(chosen, folder, most):
            absorbed = absorbance(photo)
            height, width = absorbed.shape[:2]
            centre = absorbed[int(0.44 * height) : int(0.56 * height), int(0.44 * width) : int(0.56 * width)]
            rim = np.ones((height, width), np.bool_)
            rim[int(0.2 * height) : int(0.8 * height), int(0.2 * width) : int(0.8 * width)] = False
            above.append(np.median(centre.reshape(-1, 3), axis=0) - np.median(absorbed[rim], axis=0))
        median = np.median(above, axis=0)
        print(f"{name:13} {len(above):4}  red {median[0] / median[1]:.2f}  blue {median[2] / median[1]:.2f}")


def real_skin(table: pl.DataFrame, folder: Path, most: int) -> None:
    print("\nshare of real photos that is called skin, by tone (0 darkest), and the kind of region")
    for modality in ("clinical", "dermoscopic"):
        for tone in range(6):
            chosen = table.filter((pl.col("modality") == modality) & (pl.col("skin_tone_class") == tone))
            pictures = photos(chosen, folder, most)
            shares = [float((skin(photo) > 0.5).mean()) for photo in pictures]
            kinds = [region_of_interest(photo).what for photo in pictures]
            spread = np.mean([np.std(haemoglobin(photo)) for photo in pictures])
            print(
                f"{modality:12} {tone} {len(shares):4}  mean {np.mean(shares):.3f}"
                f"  lowest tenth below {np.percentile(shares, 10):.2f}"
                f"  lesion {kinds.count('lesion') / len(kinds):.2f}  haemoglobin spread {spread:.2f}"
            )


def shifted(table: pl.DataFrame, folder: Path, most: int) -> None:
    """Crops that put the lesion near a corner: does the box follow?"""
    print("\nbox after cropping towards a corner (0.7 of each side), clinical photos with a lesion found")
    clinical = table.filter(pl.col("modality") == "clinical")
    for name, tones in (("dark and brown, 0-2", (0, 1, 2)), ("3", (3,)), ("pale, 4-5", (4, 5))):
        followed, centred = [], []
        pictures = photos(clinical.filter(pl.col("skin_tone_class").is_in(tones)), folder, most)
        for number, photo in enumerate(pictures):
            first = region_of_interest(photo)
            height, width = photo.shape[:2]
            window = corner(height, width, number % 4)
            moved = shift(first, window)
            if first.what != "lesion" or moved is None:
                continue
            cropped = photo[within(window)]
            found = region_of_interest(cropped)
            plain = centre_box(cropped.shape[:2], moved.area / (cropped.shape[0] * cropped.shape[1]))
            followed.append(overlap_of(found.box, moved) > 0.5)
            centred.append(overlap_of(plain, moved) > 0.5)
        print(
            f"{name:20} {len(followed):4}  follows {np.mean(followed):.2f}  centre box {np.mean(centred):.2f}"
        )


def photos(table: pl.DataFrame, folder: Path, most: int) -> list[Pixels]:
    order = np.random.default_rng(3).permutation(len(table))[:most]
    return [read_rgb(folder / table["image"][int(row)]) for row in order]


def corner(height: int, width: int, which: int) -> Box:
    down, across = int(0.7 * height), int(0.7 * width)
    top, left = (height - down) * (which // 2), (width - across) * (which % 2)
    return Box(top, left, top + down, left + across)


def shift(region: Region, window: Box) -> Box | None:
    """The region's box in the window; None where what was found is not quite inside."""
    rows, columns = (np.flatnonzero(region.mask.any(axis=axis)) for axis in (1, 0))
    outside = (
        rows[0] < window.top,
        rows[-1] >= window.bottom,
        columns[0] < window.left,
        columns[-1] >= window.right,
    )
    if any(outside):
        return None
    top, left, bottom, right = region.box
    return Box(
        max(top - window.top, 0),
        max(left - window.left, 0),
        min(bottom, window.bottom) - window.top,
        min(right, window.right) - window.left,
    )


def overlap_of(one: Box, other: Box) -> float:
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    across = min(one.right, other.right) - max(one.left, other.left)
    shared = max(0, down) * max(0, across)
    return shared / (one.area + other.area - shared)


def centre_box(shape: Sequence[int], share: float) -> Box:
    """A box of a share of the photo in its centre: what needs no finding."""
    cut = (1 - np.sqrt(min(share, 1.0))) / 2
    top, left = int(cut * shape[0]), int(cut * shape[1])
    return Box(top, left, shape[0] - top, shape[1] - left)


def within(box: Box) -> tuple[slice, slice]:
    return slice(box.top, box.bottom), slice(box.left, box.right)


def noisy(picture: NDArray[np.float64], rng: Rng, noise: float) -> Pixels:
    return np.asarray(np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255), dtype=np.uint8)


def document(rng: Rng) -> Pixels:
    page = np.full((320, 240, 3), rng.uniform(200, 250)) * (1 + rng.uniform(-0.03, 0.03, 3))
    for line in range(20, 300, 12):
        page[line : line + 6, 20:220][rng.random((6, 200)) < 0.5] = 40
    return noisy(page, rng, 3)


def screen(rng: Rng) -> Pixels:
    shot = np.full((240, 400, 3), 248, np.uint8)
    shot[:28] = rng.integers(20, 80, 3)
    for _ in range(6):
        top, left = rng.integers(30, 180), rng.integers(0, 300)
        shot[top : top + 40, left : left + 90] = rng.integers(0, 256, 3)
    shot[rng.random(shot.shape[:2]) < 0.05] = 40
    return shot


def grass(rng: Rng) -> Pixels:
    return noisy(rng.uniform(0.3, 1, (280, 280, 1)) * np.array((110.0, 160.0, 60.0)), rng, 12)


def blue_cloth(rng: Rng) -> Pixels:
    rows, columns = np.indices((260, 260))
    weave = 1 + 0.15 * np.sin(rows * 1.1) * np.sin(columns * 1.1)
    return noisy(weave[..., None] * np.array((60.0, 90.0, 160.0)) * rng.uniform(0.6, 1.4), rng, 3)


def sky(rng: Rng) -> Pixels:
    down = np.linspace(0, 1, 240)[:, None, None]
    return noisy(np.array((90.0, 150.0, 230.0)) + down * 60 + np.zeros((1, 320, 1)), rng, 2)


def table_top(rng: Rng) -> Pixels:
    """Wood: the colours of skin, and so expected to be taken for it."""
    grain = np.cumsum(rng.normal(0, 0.02, 260))[:, None, None]
    return noisy(
        np.array((170.0, 120.0, 75.0)) * (1 + 0.1 * np.sin(20 * grain)) + np.zeros((1, 260, 1)), rng, 4
    )


if __name__ == "__main__":
    main()
