"""Tone and indices of facial skin with and without a colour card in view, of rendered people.

Each photo is taken at 0.8, 1.0 and 1.2 times its exposure; with `--rows` each person is photographed ten
times by usual phones in usual light instead, and the values that the card makes of it are kept for
`facial_ranges.py`.

python experiments/measures_card.py [--first SEED] [--each N] [--rows FILE.csv]
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.colour_card import correct, find_card
from cutis.imaging.measures import measure
from cutis.phantoms import optics
from cutis.phantoms.colour_card import Placing, homography, put_card
from cutis.phantoms.facial import BY_NAME, Sheet, draw_person, paint
from cutis.phantoms.facial.photo import draw_shot, lit, taken
from measures import SETTINGS, Pixels, rank

NAMES = ("ita", "fitzpatrick", "monk", "melanin_index", "erythema_index")
PHOTOS = 10


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--first", type=int, default=9200, help="first seed")
    options.add_argument("--each", type=int, default=24, help="people per settings")
    options.add_argument("--rows", type=Path, help="file that keeps every value of ten photos of each")
    given = options.parse_args()
    import cv2

    cv2.setNumThreads(1)
    if given.rows:
        repeated(given.first, given.each).write_csv(given.rows)
    else:
        compared(given.first, given.each)


def with_card(
    seed: int, settings: str, exposure: float, number: int = 0
) -> tuple[Pixels, NDArray[np.bool_], Any]:
    """A cheek with a colour card below it, in the light of one photo of many; and the person."""
    rng = np.random.default_rng([seed, SETTINGS.index(settings), 20])
    person = draw_person(rng, BY_NAME[settings].types)
    high, wide, strip = 240, 320, 190
    canvas = Sheet((0.0, -45.0), (high + strip, wide), 0.15)
    severity = {"dermatitis": float(rng.uniform(0, 4)) if rng.random() < 0.6 else 0.0}
    skin, features = paint(canvas, person, severity, name="forehead")
    light_of = np.random.default_rng([seed, SETTINGS.index(settings), 20, number]) if number else rng
    shot = draw_shot(BY_NAME[settings], light_of)
    shot = dataclasses.replace(
        shot, camera=dataclasses.replace(shot.camera, exposure=shot.camera.exposure * exposure)
    )
    light, mirrored = lit(skin, features, shot)
    to_srgb = optics.band_to_srgb()
    scene = np.tensordot(light, to_srgb, axes=([0], [1])).astype(np.float32)
    placing = Placing(centre=(0.5, (high + strip / 2) / (high + strip)), pitch=36.0)
    scene, _ = put_card(scene, homography(placing, high + strip, wide))
    light = np.tensordot(np.linalg.inv(to_srgb), scene, axes=([1], [2])).astype(np.float32)
    skin.usable[high - 8 :] = 0
    mirrored[high - 8 :] = 0
    grain = np.random.default_rng([seed, 21, number] if number else [seed, 21])
    photo = taken(np.ascontiguousarray(light), mirrored, skin, shot, grain)
    usable = skin.usable > 0.5
    blood = skin.layers.arterial + skin.layers.venous
    return photo, usable, (person, float(skin.layers.melanin[usable].mean()), float(blood[usable].mean()))


def compared(first: int, each: int) -> None:
    """Tone and indices with and without a colour card in view, at three exposures."""
    for settings in SETTINGS:
        raw, corrected, facts, lost = [], [], [], 0
        for seed in range(first, first + each):
            shots = [with_card(seed, settings, exposure) for exposure in (0.8, 1.0, 1.2)]
            mended = [_mended(photo) for photo, _, _ in shots]
            if any(one is None for one in mended):
                lost += 1
                continue
            usable, (person, melanin, blood) = shots[0][1:]
            raw.append([_values(photo, usable, NAMES) for photo, _, _ in shots])
            corrected.append([_values(photo, usable, NAMES) for photo in mended if photo is not None])
            facts.append((person.ita, person.skin_type, person.ita, melanin, blood))
        print(f"\ncolour card, {settings}: {len(raw)} people, card not found for {lost}")
        print("largest change at 0.8 and 1.2 of the exposure: median and most over people")
        print("measure         rank: without     with   change: without           with")
        true = np.array(facts)
        for n, name in enumerate(NAMES):
            without, within = np.array(raw)[:, :, n], np.array(corrected)[:, :, n]
            ranks = [abs(rank(true[:, n], seen[:, 1])) for seen in (without, within)]
            spans = [np.abs(seen - seen[:, 1:2]).max(axis=1) for seen in (without, within)]
            moved = "   ".join(f"{np.median(span):6.2f} {span.max():6.2f}" for span in spans)
            print(f"{name:15} {ranks[0]:13.2f} {ranks[1]:8.2f}     {moved}", flush=True)
        moved = np.abs(np.array(corrected)[:, :, 0] - np.array(corrected)[:, 1:2, 0]).max(axis=1)
        print(f"ITA with card moves by less than 3 degrees for {(moved < 3).mean():.0%} of people")
        error = np.array(corrected)[:, 1, 0] - true[:, 0]
        print(f"ITA with card less truth: mean {error.mean():.1f}, deviation {error.std():.1f} degrees")


def repeated(first: int, each: int) -> pl.DataFrame:
    """A row for each value of ten photos of each person, corrected with the card in view."""
    rows = []
    for seed in range(first, first + each):
        for number in range(1, PHOTOS + 1):
            pixels, usable, _ = with_card(seed, "usual", 1.0, number)
            mended = _mended(pixels)
            if mended is not None:
                values = _values(mended, usable, NAMES)
                rows += [(seed, "cheek", name, value) for name, value in zip(NAMES, values, strict=True)]
    return pl.DataFrame(rows, ["patient_id", "area", "measure", "value"], orient="row")


def _mended(photo: Pixels) -> Pixels | None:
    seen = find_card(photo)
    return None if seen is None else correct(photo, seen)


def _values(photo: Pixels, usable: NDArray[np.bool_], names: tuple[str, ...]) -> list[float]:
    return [one.value for one in measure(photo, usable, 0.15, names, card=True)]


if __name__ == "__main__":
    main()
