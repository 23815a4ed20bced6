"""How a photo is brought to a network inside the graph, as text of the ONNX language."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import Member
from cutis.imaging.preprocess import WHOLE_LEAST, WHOLE_RATIO

CONSTANTS: dict[str, NDArray[Any]] = {
    "two": np.array([2]),
    "three": np.array([3]),
    "six": np.array([6]),
    "eight": np.array([8]),
    "both_sides": np.array([1, 2]),
    "whole_least": np.array([WHOLE_LEAST]),
    "whole_long": np.array([WHOLE_RATIO[0]]),
    "whole_short": np.array([WHOLE_RATIO[1]]),
}

# Cropped about its centre to at most 4:3, for those networks that see it so.
CROP = """
    sides = Shape <start = 1, end = 3> (image)
    shorter = ReduceMin <keepdims = 1> (sides)
    eightfold = Mul (shorter, eight)
    sixfold = Add (eightfold, three)
    longest = Div (sixfold, six)
    kept = Min (sides, longest)
    cut = Sub (sides, kept)
    start = Div (cut, two)
    end = Add (start, kept)
    cropped = Slice (image, start, end, both_sides)
"""

_RESIZE = """Resize <mode = "linear", antialias = 1, axes = [1, 2],
    coordinate_transformation_mode = "half_pixel">"""


def constants(m: str, member: Member) -> dict[str, NDArray[Any]]:
    """What `resized` names; ``m`` begins all names of this member."""
    return {
        f"{m}size": np.array([member.size]),
        f"{m}twice_size": np.array([2 * member.size]),
        f"{m}square": np.array([member.size, member.size]),
    }


def resized(m: str, member: Member) -> str:
    """Nodes from ``image`` and `CROP` to ``<m>resized``: uint8 (n, height, width, 3) as the network sees it.

    `cutis.imaging.preprocess.bring` does the same in Pillow.
    """
    if member.fit == "native":
        return f"{m}resized = Identity (image)"
    if member.fit == "whole":
        return f"{_whole(m)} {m}resized = {_RESIZE} (image, , , {m}sizes)"
    sizes = f"{m}sizes = Identity ({m}square)" if member.fit == "square" else _shorter(m)
    return f"{sizes} {m}resized = {_RESIZE} (cropped, , , {m}sizes)"


def _shorter(m: str) -> str:
    """Sizes in proportion, rounded half up, with the shorter side as the network wants it."""
    return f"""
        {m}scaled = Mul (kept, {m}twice_size)
        {m}wanted = Add ({m}scaled, shorter)
        {m}twice_shorter = Mul (shorter, two)
        {m}sizes = Div ({m}wanted, {m}twice_shorter)
    """


def _whole(m: str) -> str:
    """The same for all of the photo, never enlarged past the least, long panoramas squeezed."""
    return f"""
        {m}enlarged = Max (shorter, whole_least)
        {m}short = Min ({m}enlarged, {m}size)
        {m}twice_short = Mul ({m}short, two)
        {m}scaled = Mul (sides, {m}twice_short)
        {m}wanted = Add ({m}scaled, shorter)
        {m}twice_shorter = Mul (shorter, two)
        {m}in_proportion = Div ({m}wanted, {m}twice_shorter)
        {m}long = Mul ({m}short, whole_long)
        {m}longest = Div ({m}long, whole_short)
        {m}sizes = Min ({m}in_proportion, {m}longest)
    """
