"""What a large photo shows only when it is zoomed into: its detail, judged on regions at full resolution.

A gate's network sees a photo at a few hundred pixels. Here it is asked about regions of a large photo as
they are, within the region of interest, and where they are soft about the same regions made smaller step by
step, until they are sharp: that tells how fine the photo's detail is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.core.bundle_info import BundleInfo
from cutis.imaging.native import Native
from cutis.imaging.regions import Box, Region, What
from cutis.runtime.session import Session

NEED = 128  # points across the region of interest below which a soft photo is refused
TILE = 160  # pixels; the least of the sizes that the shipped gate was trained at
LEAST = 2.0  # shorter sides of what the network sees, from which a photo is judged at full resolution too
_APART = (0.34, 0.66)  # middles of the regions, as shares of the region of interest
_GRID = 24  # regions of a map
MEASURED = ("image_quality", "0.3")  # name and version of the bundle that the next two were measured with
# Logits from which a finding is told: 3 to 5 of 100 faultless photos of the development part reach each
# (experiments/quality_native.py, seed 601).
ABOVE: Mapping[str, float] = {"blur": 0.0, "noise": -0.5, "compression": -2.7}
PLAIN = 0.9  # probability of blur from which it may refuse a photo
Share = tuple[float, float, float, float]  # top, left, bottom, right, 0..1 of the photo


@dataclass(frozen=True, eq=False)
class Detail:
    """What a large photo shows at full resolution, within its region of interest.

    Attributes:
        findings: probability of blur, noise and compression by name, 0..1: the middle one of the regions.
        told: those that are found, the clearest first; see `ABOVE`.
        step: pixels of the photo per point that is sharp: 1 is sharp pixel by pixel, 4 a photo that loses
            nothing when each side is made a quarter.
        side: points of the photo's shorter side, at that step.
        across: points of the shorter side of the region of interest, at that step.
        box: the region of interest, as shares of the photo.
        what: how that was found, see `cutis.imaging.regions.Region`.
        regions: what was looked at, as shares of the photo.
    """

    findings: Mapping[str, float]
    told: tuple[str, ...]
    step: int
    side: int
    across: int
    box: Share
    what: What
    regions: tuple[Share, ...]

    def lost(self, need: int) -> bool:
        """Whether softness took what is needed: points across a lesion, or across what a user drew."""
        soft = self.step > 1 and self.findings["blur"] >= PLAIN
        return soft and self.what in ("lesion", "given") and self.across < need

    def finest(self, mm_per_pixel: float) -> float:
        """Width in mm of the finest detail that shows, two points, where the photo's scale is known."""
        return 2 * self.step * mm_per_pixel

    def sentences(self) -> tuple[str, ...]:
        """What is told, in plain words; none where nothing was found."""
        said = {
            "blur": f"Sharp enough for an overview: details under {2 * self.step} pixels are lost.",
            "noise": "Grain shows when the photo is zoomed into.",
            "compression": "Traces of compression show when the photo is zoomed into.",
        }
        return tuple(said[name] for name in self.told)


def large(native: Native, info: BundleInfo) -> bool:
    """Whether a photo has so much more than its network sees that regions of it are judged too."""
    known = info.findings.names if info.findings is not None else ()
    shorter = min(native.height, native.width)
    return shorter >= LEAST * info.size and all(name in known for name in ABOVE)


def needed(info: BundleInfo) -> int:
    """Points across a lesion below which softness refuses: 0, none, for a bundle that was not measured."""
    return NEED if (info.name, info.version) == MEASURED else 0


def look(native: Native, region: Region, ask: Session, info: BundleInfo) -> Detail:
    """Judge a large photo's region of interest at full resolution.

    Args:
        native: see `large`.
        region: of the small copy.
        ask: of the gate's bundle.
        info: of that bundle.
    """
    rows, columns = region.mask.shape
    box = region.box
    share = (box.top / rows, box.left / columns, box.bottom / rows, box.right / columns)
    shorter = min(native.height, native.width) / native.step
    regions = _places(native, share, 1)
    found = first = _middle(_asked(native, regions, 1, ask, info))
    reduction = 1
    while found["blur"] >= ABOVE["blur"]:
        reduction *= 2
        if shorter / reduction < info.size:  # what is left the look at the whole photo tells
            break
        found = _middle(_asked(native, _places(native, share, reduction), reduction, ask, info))
    told = sorted((n for n in ABOVE if first[n] >= ABOVE[n]), key=lambda n: ABOVE[n] - first[n])
    step = round(native.step * reduction)
    sides = (share[2] - share[0]) * native.height, (share[3] - share[1]) * native.width
    return Detail(
        findings={name: float(1 / (1 + np.exp(-value))) for name, value in first.items()},
        told=tuple(told),
        step=step,
        side=round(min(native.height, native.width) / step),
        across=round(min(sides) / step),
        box=share,
        what=region.what,
        regions=tuple(_share(native, one) for one in regions),
    )


def worse(native: Native, ask: Session, info: BundleInfo) -> NDArray[np.float32] | None:
    """Where a large photo is soft, grainy or compressed at full resolution.

    Returns:
        (rows, columns) of regions over the whole photo: by how much the clearest finding passes what it is
        told from, in logits, 0 where none does; None where none does anywhere.
    """
    rows = max(2, round(np.sqrt(_GRID * native.height / native.width)))
    columns = max(2, _GRID // rows)
    middles = [
        ((row + 0.5) / rows, (column + 0.5) / columns) for row in range(rows) for column in range(columns)
    ]
    logits = _asked(native, [_around(native, *middle, 1) for middle in middles], 1, ask, info)
    above = np.max([values - ABOVE[name] for name, values in logits.items()], axis=0).reshape(rows, columns)
    return np.asarray(np.maximum(above, 0), np.float32) if above.max() > 0 else None


def _asked(
    native: Native, boxes: list[Box], reduction: int, ask: Session, info: BundleInfo
) -> dict[str, NDArray[np.float64]]:
    """(regions,) logits by finding."""
    tiles = np.stack([native.tile(box, reduction) for box in boxes])
    (found,) = ask.run(("findings",), {"image": tiles})
    assert info.findings is not None
    chances = np.clip(np.asarray(found, np.float64), 1e-7, 1 - 1e-7)
    logits = np.log(chances / (1 - chances))
    return {name: logits[:, info.findings.names.index(name)] for name in ABOVE}


def _middle(logits: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """Of several regions: the median, so that neither a smooth one nor one out of focus decides alone."""
    return {name: float(np.median(values)) for name, values in logits.items()}


def _places(native: Native, share: Share, reduction: int) -> list[Box]:
    """Up to four regions in the region of interest: fewer where they would lie upon each other."""
    top, left, bottom, right = share
    tall, wide = (bottom - top) * native.height, (right - left) * native.width
    apart = (_APART[1] - _APART[0]) / native.step / reduction
    down, across = (_APART if side * apart >= TILE / 4 else (0.5,) for side in (tall, wide))
    return [
        _around(native, top + (bottom - top) * y, left + (right - left) * x, reduction)
        for y in down
        for x in across
    ]


def _around(native: Native, down: float, across: float, reduction: int) -> Box:
    """A region about a place, pushed into the photo."""
    sides = [int(side / native.step) for side in (native.height, native.width)]
    size = TILE * reduction
    tops = [
        max(0, min(round(at * side - size / 2), side - size))
        for at, side in zip((down, across), sides, strict=True)
    ]
    tall, wide = (min(size, side // reduction * reduction) for side in sides)
    return Box(tops[0], tops[1], tops[0] + tall, tops[1] + wide)


def _share(native: Native, box: Box) -> Share:
    tall, wide = native.height / native.step, native.width / native.step
    return box.top / tall, box.left / wide, box.bottom / tall, box.right / wide
