"""The reasons why a photo is not good enough, and the means to bring each of them about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

REASONS = (
    "blur",
    "dark",
    "bright",
    "glare",
    "colour",
    "distance",
    "framing",
    "obstruction",
    "noise",
    "compression",
    "not_skin",
)

# One half of a photo can have these and the other not.
LOCAL = ("blur", "dark", "bright", "glare", "colour", "obstruction", "noise", "compression")


@dataclass(frozen=True)
class Settings:
    """By which means photos are degraded.

    Attributes:
        name: as in the manifest.
        means: by reason, the names of the means; one of them is drawn for a photo.
    """

    name: str
    means: Mapping[str, tuple[str, ...]]


USUAL = Settings(
    "usual",
    MappingProxyType(
        {
            "blur": ("gaussian", "disc", "streak"),
            "dark": ("gain", "gamma"),
            "bright": ("clip", "lift"),
            "glare": ("flash", "sidelight"),
            "colour": ("temperature",),
            "distance": ("far", "near"),
            "framing": ("slide",),
            "obstruction": ("hair", "fabric", "finger", "ruler"),
            "noise": ("grain", "denoised"),
            "compression": ("jpeg", "twice", "shrunk"),
            "not_skin": ("document", "wall", "tiles", "wood", "checked", "colours"),
        }
    ),
)

# No means is shared with the usual ones, so that a model cannot pass by knowing how the picture was spoilt.
SHIFTED = Settings(
    "shifted",
    MappingProxyType(
        {
            "blur": ("polygon", "astigmatic", "shake", "ghost"),
            "dark": ("toe", "shadow"),
            "bright": ("shoulder", "veil"),
            "glare": ("window", "ring", "oily", "spotlight"),
            "colour": ("tint", "lamp"),
            "distance": ("limb", "lens"),
            "framing": ("edge",),
            "obstruction": ("lock", "knit", "glove", "pen", "plaster"),
            "noise": ("mosaic", "banding", "painted"),
            "compression": ("webp", "webp_jpeg", "nearest", "palette"),
            "not_skin": ("screen", "grass", "bricks", "sky", "gravel", "lights"),
        }
    ),
)

# To train on: the usual means and many more, among them those of image software; none of the shifted ones.
VARIED = Settings(
    "varied",
    MappingProxyType(
        {
            "blur": (*USUAL.means["blur"], "box", "lattice"),
            "dark": (*USUAL.means["dark"], "dimmed", "flattened", "darker_curve"),
            "bright": (*USUAL.means["bright"], "brought_up", "bleached", "brighter_curve"),
            "glare": (*USUAL.means["glare"], "disc", "stripe", "slope"),
            "colour": (*USUAL.means["colour"], "hues", "gains", "stain", "mixed_channels"),
            "distance": (
                *("far", "near", "near", "near", "far_canvas", "far_mirror", "far_backdrop", "far_scenery"),
                *("far_silhouette", "far_silhouette"),
            ),
            "framing": (
                *("slide", "tight", "slide_canvas", "slide_mirror", "slide_backdrop", "slide_scenery"),
                *("slide_silhouette", "slide_silhouette"),
            ),
            "obstruction": (*USUAL.means["obstruction"], "bars", "blots", "wires", "piece"),
            "noise": (*USUAL.means["noise"], "white", "specks", "speckle", "colour_grains"),
            "compression": (
                *USUAL.means["compression"],
                *(
                    "wavelets",
                    "colourless",
                    "forwarded",
                    "block_cosines",
                    "haar",
                    "two_tones",
                    "few_patterns",
                ),
            ),
            "not_skin": (
                *USUAL.means["not_skin"],
                *("leaves", "fractal", "cells", "plain", "lines", "stripes"),
            ),
        }
    ),
)

BY_NAME: Mapping[str, Settings] = MappingProxyType({s.name: s for s in (USUAL, VARIED, SHIFTED)})
