"""All measures of one area."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError
from cutis.imaging.chromophores import Map
from cutis.imaging.measures import pigment, relief, tone, words
from cutis.imaging.measures.measure import NAMES, UNITS, Mask, Measure
from cutis.imaging.measures.pores import COARSEST, Pores, find_pores
from cutis.imaging.measures.repeat import bounded, expected_range
from cutis.imaging.measures.spots import Spots, borders, find_spots
from cutis.imaging.measures.surface import Surface, surface
from cutis.imaging.measures.wrinkles import Wrinkles, find_wrinkles

Found = tuple[float, Map | None]  # a value in its unit, and its map at the scale of measuring


def measure(
    image: NDArray[np.uint8],
    mask: Mask | None = None,
    mm_per_pixel: float = 0.15,
    names: Sequence[str] | None = None,
    *,
    card: bool = False,
    pale: float | None = None,
) -> tuple[Measure, ...]:
    """Measure an area of skin.

    Args:
        image: (height, width, 3) sRGB, raw or enhanced.
        mask: (height, width) usable skin: no eye, brow, lip, nostril or hair. Default: all of it.
        mm_per_pixel: size of a pixel. From the distance of the pupils it is uncertain by 6 %.
        names: which measures, of `NAMES`. Default: all.
        card: whether the colours were corrected with a colour card. Without one tone and melanin move with
            exposure and the colour of the light, and their ranges are wider.
        pale: the least redness of the photo that the area was cut from, see `palest`. Default: of the area.

    Returns:
        One for each name, in the order of ``names``. Where the photo cannot say, the value is not a number
        and the words tell why.

    Raises:
        ImageError: the photo, the mask or the scale is not one; a name is unknown.
    """
    wanted = NAMES if names is None else tuple(names)
    for name in wanted:
        if name not in UNITS:
            raise ImageError("a measure", f"is called '{name}', which is none of {', '.join(NAMES)}.")
    usable = np.ones(image.shape[:2], np.bool_) if mask is None else mask
    skin = surface(image, usable, mm_per_pixel)
    if skin is None:
        return tuple(_missing(name, "less than half a square centimetre of usable skin") for name in wanted)
    area = _Area(skin, pale)
    return tuple(_one(area, name, card) for name in wanted)


def palest(areas: Iterable[tuple[NDArray[np.uint8], Mask, float]]) -> float | None:
    """Redness of the least red skin that the areas of one photo show, which redness is told from.

    Args:
        areas: image, mask and millimetres per pixel of each, as for `measure`.

    Returns:
        Natural-log absorbance; None where no area has half a square centimetre of usable skin.

    Raises:
        ImageError: as for `measure`.
    """
    skins = [surface(image, mask, mm_per_pixel) for image, mask, mm_per_pixel in areas]
    fields = [pigment.blood(skin)[skin.inner] for skin in skins if skin is not None]
    return pigment.pale_of(fields) if fields else None


def with_range(one: Measure, low: float, high: float, *, card: bool = False) -> Measure:
    """A measure with a range that is known better, such as by repeated photos with the same phone and light.

    Args:
        one: the measure, with a value.
        low, high: where another photo is expected 95 times of 100, in its unit; cut to what it can be.
        card: as for `measure`.
    """
    low, high = bounded(one.name, low, high)
    said = words.sentence(one.name, one.value, low, high, card)
    return replace(one, low=low, high=high, words=said)


class _Area:
    """What several measures share, worked out when first asked for."""

    def __init__(self, skin: Surface, pale: float | None) -> None:
        self.skin = skin
        self.pale = pale

    @cached_property
    def colour(self) -> tuple[NDArray[np.float64], Map]:
        return tone.skin_colour(self.skin)

    @cached_property
    def spots(self) -> Spots:
        return find_spots(self.skin)

    @cached_property
    def wrinkles(self) -> Wrinkles:
        return find_wrinkles(self.skin, self.spots.mask)

    @cached_property
    def pores(self) -> Pores:
        return find_pores(self.skin, self.wrinkles.ridge)

    @cached_property
    def glare(self) -> Map:
        return relief.glare(self.skin)

    @cached_property
    def features(self) -> Mask:
        """Lines, pores and edges of spots: what is seen in skin and is no texture."""
        found = self.wrinkles.ridge | borders(self.spots.mask)
        return found if self.skin.pixel > COARSEST else found | self.pores.mask


def _one(area: _Area, name: str, card: bool) -> Measure:
    skin = area.skin
    if name.startswith("pore") and skin.pixel > COARSEST:
        return _missing(name, f"a pixel is {skin.pixel:.2f} mm wide and pores need {COARSEST} mm or less")
    value, field = _FINDERS[name](area)
    low, high = expected_range(name, value, card)
    shown = None if field is None else skin.shown(field)
    return Measure(name, value, UNITS[name], low, high, shown, words.sentence(name, value, low, high, card))


def _missing(name: str, why: str) -> Measure:
    nan = float("nan")
    return Measure(name, nan, UNITS[name], nan, nan, None, f"{words.TITLES[name]}: not measured, {why}.")


def _ita(area: _Area) -> Found:
    colour, field = area.colour
    return tone.typology(colour), field


_FINDERS: dict[str, Callable[[_Area], Found]] = {
    "ita": _ita,
    "fitzpatrick": lambda area: (tone.fitzpatrick(tone.typology(area.colour[0])), None),
    "monk": lambda area: (tone.monk(area.colour[0]), None),
    "erythema_index": lambda area: pigment.erythema(area.skin, area.pale),
    "melanin_index": lambda area: pigment.melanin(area.skin, area.colour[0]),
    "spot_count": lambda area: (area.spots.count / area.skin.area, area.spots.mask.astype(np.float32)),
    "spot_area": lambda area: (
        area.spots.area / area.skin.area,
        area.spots.map * pigment.DECIMAL,
    ),
    "wrinkle_length": lambda area: (
        area.wrinkles.length / area.skin.area,
        area.wrinkles.ridge.astype(np.float32),
    ),
    "wrinkle_depth": lambda area: (100.0 * area.wrinkles.depth, 100.0 * area.wrinkles.map),
    "pore_count": lambda area: (area.pores.count / area.skin.area, area.pores.mask.astype(np.float32)),
    "pore_area": lambda area: (area.pores.area / area.skin.area, 100.0 * area.pores.map),
    "roughness": lambda area: relief.roughness(area.skin, area.features, area.glare),
    "shine": lambda area: relief.shine(area.skin, area.glare),
}
