"""The reasons why a photo is not good enough, and two sets of means to bring each of them about."""

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

BY_NAME: Mapping[str, Settings] = MappingProxyType({s.name: s for s in (USUAL, SHIFTED)})
