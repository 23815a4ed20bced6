"""Does redness follow skin's colour? On photos of people, by the melanin that redness is read against.

    python experiments/redness_photos.py MILK10k/manifest.csv

The manifest has clinical photos with the columns modality, skin_tone_class (0 darkest to 5) and, for how red
somebody or something found them, monet_erythema. Redness is that of the photo's border, a sixth of each side,
where the lesion is not. Ranks are Spearman's, with intervals that resample photos (one of each lesion).

The melanin of people was set with an earlier measurement of dark against pale people in photos of this set at
hand, so that its row is not independent of them. In the last row each half of the photos is read against the
mean of rendered melanin and that of the other half.

Below, the erythema index itself, which is told from the palest skin of the photo: of the border and of all
of the photo, with pixels taken as 0.15 mm.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from cutis.imaging.chromophores import MELANIN, absorbance, unmixing
from cutis.imaging.measures import measure
from cutis.imaging.measures.pigment import DECIMAL, DIFFUSE
from cutis.imaging.read import read_rgb
from cutis.phantoms.facial import draw_person, render_area

Array = NDArray[np.float64]
COLOURS = {
    "melanin of people": DIFFUSE,
    "a mean of people's and naevi's": MELANIN,
    "melanin of naevi": (0.53, 1.0, 1.10),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("manifest", type=Path)
    given = options.parse_args()
    table = pl.read_csv(given.manifest, infer_schema_length=None)
    table = table.filter(pl.col("modality") == "clinical").drop_nulls(["skin_tone_class", "monet_erythema"])
    skin = np.array([bare(given.manifest.parent / image) for image in table["image"]])
    tone, red = (table[name].to_numpy() for name in ("skin_tone_class", "monet_erythema"))
    print(f"{len(table)} photos")
    drawn = rendered()
    print(f"dark against pale: photos {told(dark_against_pale(skin, tone))}, rendered {told(drawn)}")
    print(f"\n{'redness against':32}{'rank with skin tone':27}{'rank with erythema score':27}median by tone")
    found = {name: redness(skin, melanin) for name, melanin in COLOURS.items()}
    half = np.random.default_rng(0).permutation(len(skin)) % 2 == 0
    crossed = np.zeros(len(skin))
    for here in (half, ~half):
        crossed[here] = redness(skin[here], (drawn + dark_against_pale(skin[~here], tone[~here])) / 2)
    for name, values in (found | {"people of the other half": crossed}).items():
        by_tone = " ".join(f"{np.median(values[tone == one]):5.1f}" for one in np.unique(tone))
        print(f"{name:32}{ranked(values, tone):27}{ranked(values, red):27}{by_tone}")
    for number, name in enumerate(("index of the border", "index of the whole photo")):
        values = np.array([indices(given.manifest.parent / image)[number] for image in table["image"]])
        by_tone = " ".join(f"{np.median(values[tone == one]):5.1f}" for one in np.unique(tone))
        print(f"{name:32}{ranked(values, tone):27}{ranked(values, red):27}{by_tone}")


def redness(skin: Array, melanin: ArrayLike) -> Array:
    """(photos,) erythema index of (photos, 3) absorbances, read against a melanin."""
    red, green, blue = np.asarray(melanin, dtype=np.float64)
    return np.asarray(skin @ unmixing((red, green, blue))[1] * float(DECIMAL))


def rendered() -> Array:
    """(3,) absorbance by which rendered skin of types V and VI exceeds that of I and II, for 1 in green."""
    medians = []
    for types in ((0, 0, 0, 0, 1, 1), (1, 1, 0, 0, 0, 0)):
        skin = []
        for seed in range(40):
            rng = np.random.default_rng([seed, *types])
            area = render_area("cheek_left", {}, draw_person(rng, types), rng, settings="stand")
            skin.append(np.median(absorbance(area.image)[area.truth["skin"] > 0.5], axis=0))
        medians.append(np.median(skin, axis=0))
    more = medians[0] - medians[1]
    return np.asarray(more / more[1])


def told(colour: Array) -> str:
    return "(" + ", ".join(f"{one:.2f}" for one in colour) + ")"


def dark_against_pale(skin: Array, tone: Array) -> Array:
    """(3,) absorbance by which the three darker classes exceed the two paler ones, for 1 in green."""
    more = np.median(skin[tone <= 2], axis=0) - np.median(skin[tone >= 4], axis=0)
    return np.asarray(more / more[1])


def bare(path: Path) -> Array:
    """(3,) median absorbance along the border of a photo."""
    absorbed = absorbance(read_rgb(path))
    return np.asarray(np.median(absorbed[border(absorbed.shape[:2])], axis=0), dtype=np.float64)


def indices(path: Path) -> tuple[float, float]:
    """Erythema index of a photo's border and of all of it."""
    rgb = read_rgb(path)
    every = np.ones(rgb.shape[:2], np.bool_)
    found = [
        measure(rgb, where, 0.15, ("erythema_index",))[0].value for where in (border(every.shape), every)
    ]
    return found[0], found[1]


def border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """A sixth of each side."""
    height, width = shape
    found = np.ones((height, width), np.bool_)
    found[height // 6 : -(height // 6), width // 6 : -(width // 6)] = False
    return found


def ranked(found: Array, other: Array) -> str:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(1000):
        some = rng.integers(0, len(found), len(found))
        drawn.append(spearmanr(found[some], other[some])[0])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{spearmanr(found, other)[0]:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    main()
