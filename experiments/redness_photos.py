"""Does redness follow skin's colour? On photos of people, by the melanin that redness is read against.

    python experiments/redness_photos.py MILK10k/manifest.csv

The manifest has clinical photos with the columns modality, skin_tone_class (0 darkest to 5) and, for how red
somebody or something found them, monet_erythema. Redness is that of the photo's border, a sixth of each side,
where the lesion is not. Ranks are Spearman's, with intervals that resample photos (one of each lesion).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.imaging.chromophores import HAEMOGLOBIN, MELANIN, absorbance
from cutis.imaging.measures.pigment import DECIMAL, DIFFUSE
from cutis.imaging.read import read_rgb

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
    print(
        "redness against               rank with skin tone        rank with erythema score   median by tone"
    )
    for name, melanin in COLOURS.items():
        mixing = np.array([melanin, HAEMOGLOBIN, (1.0, 1.0, 1.0)]).T
        found = skin @ np.linalg.inv(mixing)[1] * float(DECIMAL)
        by_tone = " ".join(f"{np.median(found[tone == one]):5.1f}" for one in np.unique(tone))
        print(f"{name:32}{ranked(found, tone):27}{ranked(found, red):27}{by_tone}")


def bare(path: Path) -> Array:
    """(3,) median absorbance along the border of a photo."""
    absorbed = absorbance(read_rgb(path))
    height, width = absorbed.shape[:2]
    border = np.ones((height, width), np.bool_)
    border[height // 6 : -(height // 6), width // 6 : -(width // 6)] = False
    return np.asarray(np.median(absorbed[border], axis=0), dtype=np.float64)


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
