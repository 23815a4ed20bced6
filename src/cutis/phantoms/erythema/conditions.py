"""Whose skin in which light, under which camera, from how far: ranges to draw from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Range = tuple[float, float]


@dataclass(frozen=True)
class Conditions:
    """Ranges from which patients and photos are drawn, each evenly.

    Attributes:
        name: as in the manifest.
        types: shares of the Fitzpatrick types I to VI.
        scale: of all lesions' diameters, 1 is usual.
        field: short side of the skin in a wide photo, mm.
        warmth: log gain of red, and loss of blue, that white balance left over.
        green: log gain of green that it left over.
        exposure: brightness that the camera aims for on normal skin, linear, 0..1.
        saturation: of colours, 1 as they are.
        contrast: of the tone curve.
        blur: of lens and focus, deviation in pixels of a wide photo with 768 on its short side.
        noise: deviation at mid-grey, 0..1.
        falloff: unevenness of the light across a wide photo.
        quality: of the JPEG file, 1..100.
        context: width of a crop over the diameter of its lesion.
    """

    name: str
    types: tuple[float, float, float, float, float, float]
    scale: Range
    field: Range
    warmth: Range
    green: Range
    exposure: Range
    saturation: Range
    contrast: Range
    blur: Range
    noise: Range
    falloff: Range
    quality: Range
    context: Range


USUAL = Conditions(
    name="usual",
    types=(0.11, 0.19, 0.20, 0.19, 0.17, 0.14),
    scale=(0.85, 1.2),
    field=(80.0, 180.0),
    warmth=(-0.10, 0.12),
    green=(-0.05, 0.05),
    exposure=(0.26, 0.44),
    saturation=(0.85, 1.15),
    contrast=(0.0, 0.45),
    blur=(0.6, 1.15),
    noise=(0.002, 0.010),
    falloff=(0.0, 0.30),
    quality=(78.0, 95.0),
    context=(1.6, 2.6),
)

SHIFTED = Conditions(
    name="shifted",
    types=(0.05, 0.10, 0.16, 0.21, 0.24, 0.24),
    scale=(1.22, 1.35),
    field=(182.0, 220.0),
    warmth=(0.125, 0.20),
    green=(0.055, 0.09),
    exposure=(0.20, 0.255),
    saturation=(0.74, 0.84),
    contrast=(0.46, 0.60),
    blur=(1.2, 1.5),
    noise=(0.0105, 0.015),
    falloff=(0.31, 0.42),
    quality=(64.0, 77.0),
    context=(2.65, 3.0),
)

BY_NAME: Mapping[str, Conditions] = MappingProxyType({c.name: c for c in (USUAL, SHIFTED)})
