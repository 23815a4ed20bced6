"""Phones and lights: the usual ones, others that share no range with them, and one phone on a stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

Range = tuple[float, float]


@dataclass(frozen=True)
class Device:
    """A phone's software.

    Attributes:
        name: as in the manifest.
        saturation: of colours, 1 as they are.
        contrast: of the tone curve.
        sharpening: of contours.
        reach: of the sharpening, deviation in mm on the skin.
        noise: deviation at mid-grey, 0..1.
        chroma: colour blotches that noise reduction left, 0..1.
        smear: 0 (none) to 1: how far its noise reduction flattens fine texture.
    """

    name: str
    saturation: float
    contrast: float
    sharpening: float
    reach: float
    noise: float
    chroma: float = 0.0
    smear: float = 0.0


@dataclass(frozen=True)
class Settings:
    """Ranges from which a photo is drawn, each evenly.

    Attributes:
        name: as in the manifest.
        devices: phones.
        types: weights of the Fitzpatrick types I to VI.
        lamp: angle between the light and the line of sight, degrees.
        ambient: share of light that comes from everywhere.
        second: strength of another lamp on the opposite side.
        warmth: log gain of red, and loss of blue, that white balance left over.
        green: log gain of green that it left over.
        exposure: brightness that the camera aims for on skin, linear, 0..1.
        falloff: unevenness of the light.
        defocus: deviation in mm on the skin.
        quality: of the JPEG file, 1..100.
    """

    name: str
    devices: tuple[Device, ...]
    types: tuple[float, float, float, float, float, float]
    lamp: Range
    ambient: Range
    second: Range
    warmth: Range
    green: Range
    exposure: Range
    falloff: Range
    defocus: Range
    quality: Range


USUAL = Settings(
    name="usual",
    devices=(
        Device("phone_a", 1.00, 0.15, 0.35, 0.18, 0.004),
        Device("phone_b", 1.12, 0.30, 0.55, 0.15, 0.006),
        Device("phone_c", 0.92, 0.05, 0.15, 0.20, 0.009),
        Device("phone_d", 1.06, 0.22, 0.75, 0.22, 0.003),
        Device("phone_e", 0.96, 0.38, 0.25, 0.16, 0.007),
        Device("phone_f", 1.16, 0.12, 0.45, 0.24, 0.010),
    ),
    types=(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    lamp=(30.0, 50.0),
    ambient=(0.42, 0.62),
    second=(0.0, 0.20),
    warmth=(-0.07, 0.07),
    green=(-0.03, 0.03),
    exposure=(0.27, 0.44),
    falloff=(0.0, 0.18),
    defocus=(0.08, 0.15),
    quality=(80.0, 95.0),
)

SHIFTED = Settings(
    name="shifted",
    devices=(
        Device("phone_x", 1.18, 0.46, 0.95, 0.30, 0.013, chroma=0.010, smear=0.25),
        Device("phone_y", 0.87, 0.42, 0.85, 0.27, 0.016, chroma=0.014, smear=0.40),
        Device("phone_z", 1.20, -0.05, 1.10, 0.26, 0.012, chroma=0.008, smear=0.15),
    ),
    types=(0.8, 0.8, 1.0, 1.1, 1.2, 1.1),
    lamp=(51.0, 57.0),
    ambient=(0.35, 0.41),
    second=(0.22, 0.45),
    warmth=(0.075, 0.13),
    green=(0.032, 0.055),
    exposure=(0.21, 0.265),
    falloff=(0.19, 0.30),
    defocus=(0.152, 0.175),
    quality=(68.0, 79.0),
)

# One phone on a stand in a lit room, as a study would set it up: framing, noise and a little light vary.
STAND = replace(
    USUAL,
    name="stand",
    devices=USUAL.devices[:1],
    lamp=(30.0, 36.0),
    ambient=(0.52, 0.58),
    second=(0.0, 0.05),
    warmth=(0.0, 0.015),
    green=(-0.005, 0.005),
    exposure=(0.34, 0.37),
    falloff=(0.0, 0.04),
    defocus=(0.10, 0.12),
    quality=(90.0, 95.0),
)

BY_NAME: Mapping[str, Settings] = MappingProxyType({s.name: s for s in (USUAL, SHIFTED, STAND)})
