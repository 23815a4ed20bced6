"""The classic 24-patch card: its colours, and where its patches lie.

Colours: the maker's CIELAB values under D50 and the 2-degree observer, for cards made since November 2014 and
for earlier ones (X-Rite, "New color specifications for ColorChecker SG and Classic Charts", 2016). The two
differ by 0.8 CIEDE2000 on average.

Geometry: patches of 40 mm, 44 mm from centre to centre, in 4 rows of 6. Smaller editions of the card have the
same layout.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from cutis.imaging.colour_card.spaces import WHITE_D50, Floats, light_of_lab

Edition = Literal["2014", "2005"]

ROWS, COLUMNS = 4, 6
PATCHES = ROWS * COLUMNS
PITCH_MM = 44.0  # from the centre of a patch to that of its neighbour, on the card of 279 x 216 mm
PATCH = 10 / 11  # side of a patch, in pitches
NEUTRAL = slice(18, 24)  # white to black

NAMES = (
    *("dark skin", "light skin", "blue sky", "foliage", "blue flower", "bluish green"),
    *("orange", "purplish blue", "moderate red", "purple", "yellow green", "orange yellow"),
    *("blue", "green", "red", "yellow", "magenta", "cyan"),
    *("white", "light grey", "grey", "middle grey", "dark grey", "black"),
)

# fmt: off
_LAB = {
    "2014": (
        (37.54, 14.37, 14.92), (64.66, 19.27, 17.50), (49.32, -3.82, -22.54),
        (43.46, -12.74, 22.72), (54.94, 9.61, -24.79), (70.48, -32.26, -0.37),
        (62.73, 35.83, 56.50), (39.43, 10.75, -45.17), (50.57, 48.64, 16.67),
        (30.10, 22.54, -20.87), (71.77, -24.13, 58.19), (71.51, 18.24, 67.37),
        (28.37, 15.42, -49.80), (54.38, -39.72, 32.27), (42.43, 51.05, 28.62),
        (81.80, 2.67, 80.41), (50.63, 51.28, -14.12), (49.57, -29.71, -28.32),
        (95.19, -1.03, 2.93), (81.29, -0.57, 0.44), (66.89, -0.75, -0.06),
        (50.76, -0.13, 0.14), (35.63, -0.46, -0.48), (20.64, 0.07, -0.46),
    ),
    "2005": (
        (37.986, 13.555, 14.059), (65.711, 18.130, 17.810), (49.927, -4.880, -21.905),
        (43.139, -13.095, 21.905), (55.112, 8.844, -25.399), (70.719, -33.397, -0.199),
        (62.661, 36.067, 57.096), (40.020, 10.410, -45.964), (51.124, 48.239, 16.248),
        (30.325, 22.976, -21.587), (72.532, -23.709, 57.255), (71.941, 19.363, 67.857),
        (28.778, 14.179, -50.297), (55.261, -38.342, 31.370), (42.101, 53.378, 28.190),
        (81.733, 4.039, 79.819), (51.935, 49.986, -14.574), (51.038, -28.631, -28.638),
        (96.539, -0.425, 1.186), (81.257, -0.638, -0.335), (66.766, -0.734, -0.504),
        (50.867, -0.153, -0.270), (35.656, -0.421, -1.231), (20.461, -0.079, -0.973),
    ),
}
# fmt: on


@lru_cache(maxsize=2)
def patch_light(edition: Edition = "2014") -> Floats:
    """(24, 3) linear sRGB of the patches under D65, row by row from dark skin to black.

    Cyan lies a little outside sRGB: its red is negative.
    """
    return light_of_lab(np.array(_LAB[edition]), WHITE_D50)


def places() -> Floats:
    """(24, 2) centres of the patches: column and row, in pitches."""
    row, column = np.divmod(np.arange(PATCHES), COLUMNS)
    return np.stack([column, row], axis=1).astype(np.float64)
