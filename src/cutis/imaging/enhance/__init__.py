"""Noise reduction, colour correction and limited local contrast, each measured."""

from cutis.imaging.enhance.balance import balance_colour, illuminant, shades_of_grey
from cutis.imaging.enhance.contrast import limit_contrast
from cutis.imaging.enhance.denoise import QUIET, reduce_noise
from cutis.imaging.enhance.noise_level import NoiseLevel, estimate_noise, noise_level
from cutis.imaging.enhance.steps import Enhanced, Enhancement, clipped_share, enhance

__all__ = [
    "QUIET",
    "Enhanced",
    "Enhancement",
    "NoiseLevel",
    "balance_colour",
    "clipped_share",
    "enhance",
    "estimate_noise",
    "illuminant",
    "limit_contrast",
    "noise_level",
    "reduce_noise",
    "shades_of_grey",
]
