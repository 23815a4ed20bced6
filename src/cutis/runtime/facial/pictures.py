"""Pictures of a facial report: areas, maps in colour that lie over them, and the face with its areas."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.registration import Registration, difference, laid
from cutis.pages.numbers import significant
from cutis.runtime.facial.values import AreaAnalysis, Field, Rgb
from cutis.runtime.facial.words import unit_words
from cutis.runtime.map_picture import scale_colours
from cutis.runtime.screen_picture import encoded

# Maps that show where; counts and lengths repeat what these show.
MAPPED = (
    "erythema_index",
    "melanin_index",
    "spot_area",
    "wrinkle_depth",
    "pore_area",
    "roughness",
    "shine",
    "ita",
)
_APART = "PuOr"  # two-sided, colour-blind safe, pale in the middle
_SMALL = 2  # pixels of an area per pixel of its map
_NOTHING = 128  # grey of what a photo does not show
_TAILS = (2.0, 98.0)  # percentiles that a scale spans


@dataclass(frozen=True)
class Layer:
    """A map that lies over a photo.

    Attributes:
        name: of what it shows.
        title: for people.
        source: the picture as data, clear where there is nothing.
        ends: of the scale, in words.
    """

    name: str
    title: str
    source: str
    ends: tuple[str, str]


def data_of(picture: Any, quality: int = 84) -> str:
    """A picture as data that a page holds."""
    if isinstance(picture, np.ndarray) and picture.ndim == 3 and picture.shape[2] == 4:
        from PIL import Image

        picture = Image.fromarray(picture)
    return "data:image/webp;base64," + base64.b64encode(encoded(picture)).decode()


def span(fields: Sequence[Field]) -> tuple[float, float]:
    """Ends of a scale that all these maps share."""
    known = [field[np.isfinite(field)] for field in fields]
    values = np.concatenate(known) if known else np.zeros(1)
    if not len(values):
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(values, _TAILS))
    if low >= 0 and low < 0.25 * high:
        low = 0.0
    return (low, high) if high > low else (low, low + 1.0)


def coloured(field: Field, low: float, high: float) -> NDArray[np.uint8]:
    """(height, width, 4): a map in the scale that all maps share, clear where there is nothing."""
    small = field[::_SMALL, ::_SMALL]
    share = np.clip((np.nan_to_num(small, nan=low) - low) / (high - low), 0, 1)
    colours = scale_colours()[np.rint(255 * share).astype(np.intp)]
    return _with_alpha(colours, np.isfinite(small))


def two_sided(field: Field, reach: float) -> NDArray[np.uint8]:
    """(height, width, 4): a difference, pale at none; the paler, the clearer."""
    small = field[::_SMALL, ::_SMALL]
    share = np.clip(np.nan_to_num(small, nan=0.0) / reach, -1, 1)
    colours = difference_colours()[np.rint(127.5 * (share + 1)).astype(np.intp)]
    picture = _with_alpha(colours, np.isfinite(small))
    picture[..., 3] = np.where(
        picture[..., 3] > 0, np.rint(255 * np.minimum(1, 0.15 + 1.2 * np.abs(share))), 0
    )
    return picture


def _with_alpha(colours: NDArray[np.uint8], known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.dstack([colours, np.where(known, 255, 0).astype(np.uint8)]))


@lru_cache(maxsize=1)
def difference_colours() -> NDArray[np.uint8]:
    """(256, 3) from much less over none to much more."""
    from matplotlib import colormaps

    table: NDArray[np.uint8] = colormaps[_APART](np.arange(255, -1, -1), bytes=True)[:, :3]
    return table


def css_scale(table: NDArray[np.uint8]) -> str:
    """A colour scale as a style sheet writes it."""
    steps = table[np.linspace(0, 255, 9).astype(int)]
    return ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in steps.tolist())


def layers(area: AreaAnalysis, scales: dict[str, tuple[float, float]], titles: dict[str, str]) -> list[Layer]:
    """The maps of one area: of measures by name in `MAPPED`, and what spoke for each grade above none."""
    found = []
    by_name = {one.name: one for one in area.measures}
    for name in MAPPED:
        one = by_name.get(name)
        if one is None or one.map is None or name not in scales:
            continue
        low, high = scales[name]
        picture = coloured(_uncovered(one.map, area), low, high)
        ends = (significant(low, 3), f"{significant(high, 3)} {unit_words(one.unit)}".strip())
        found.append(Layer(name, titles[name], data_of(picture), ends))
    for grade in area.grades:
        if grade.map is None or grade.grade == 0:
            continue
        speaks = np.where(area.area.mask, np.maximum(grade.map, 0), np.nan).astype(np.float32)
        top = max(float(np.nanmax(speaks)) if np.isfinite(speaks).any() else 0.0, 1e-6)
        title = f"{grade.title}: what spoke for the grade"
        picture = coloured(_uncovered(speaks, area), 0, top)
        found.append(Layer(f"grade_{grade.condition}", title, data_of(picture), ("none", "most")))
    return found


def _uncovered(field: Field, area: AreaAnalysis) -> Field:
    """A map without the places that are covered in what is shown."""
    return np.where(area.covered, np.nan, field).astype(np.float32)


def after_on_before(after: AreaAnalysis, how: Registration) -> Rgb:
    """The later photo of an area as the earlier one would show it."""
    picture = np.asarray(laid(after.shown, how), dtype=np.uint8)
    there = laid(np.ones(after.shown.shape[:2], np.bool_), how)
    picture[~there] = _NOTHING
    return picture


def difference_of(name: str, before: AreaAnalysis, after: AreaAnalysis, how: Registration) -> Field | None:
    """What changed where, of one measure; None where there is no map."""
    maps = [next((one for one in area.measures if one.name == name), None) for area in (before, after)]
    if maps[0] is None or maps[1] is None or maps[0].map is None or maps[1].map is None:
        return None
    return difference(maps[0].map, maps[1].map, how, mm_per_pixel=before.area.mm_per_pixel)


def reach_of(fields: Sequence[Field]) -> float:
    """How far a scale goes that differences of one measure share."""
    known = [np.abs(field[np.isfinite(field)]) for field in fields]
    values = np.concatenate(known) if known else np.zeros(1)
    return max(float(np.percentile(values, _TAILS[1])) if len(values) else 0.0, 1e-6)
