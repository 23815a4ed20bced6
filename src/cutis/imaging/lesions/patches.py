"""Patches of redness: cut out at many levels, measured, and chosen so that no two overlap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map
from cutis.imaging.lesions.around import believed, calm
from cutis.imaging.lesions.outline import Placed, half_way, parted, window_of
from cutis.imaging.lesions.quantiles import mean, quantile
from cutis.imaging.lesions.redness import Mask, Redness

_SAME = 1.15  # areas that differ by less are not measured again
_FILL = 0.2  # of its box: less is a net or a fold
_OVERLAP = 0.1  # share of a patch that may lie on a likelier one
_RIM, _RIM_REACH = 0.4, 0.15  # share of a patch in a clearer one's rim; width of that, over its diameter
_KEPT = 0.6  # of a patch's score that its parts must have
_LEVELS = 11  # at which each map is cut
_SMOOTH = (0.0025, 0.007, 0.018)  # of the maps that are cut, as a share of the side
_PER_LEVEL = 110  # patches that are measured, the largest first
# Brownness: what red loses for one loss of green, and half of what blue loses beyond one. Below the first it
# is blood's, above the second melanin's, by the index of normal skin; on the darkest they are the same.
_TONES = (0.30, 0.70, 1.00)
_BLOOD, _MELANIN = (0.55, 0.80, 1.20), (0.75, 1.02, 1.80)
_ROUNDING = 1 + 1e-9
_SURE_COLOUR = 0.12  # likelihood that the colour of shade or melanin leaves


Labelled = tuple[NDArray[np.int32], NDArray[np.int32]]  # number of each pixel's patch, and their extents


class Evidence(NamedTuple):
    """What was measured of a patch.

    Attributes:
        contrast: erythema index above the skin around it, in natural-log absorbance.
        spreads: the same in deviations of normal skin around.
        colour: 0..1, how far its colour is that of blood, and not of shade or melanin.
        solidity: its area over that of its convex outline.
        roundness: 0..1, its width over its length.
        share: of the photo.
        skin: share of its surroundings that is skin.
        sharpness: contrast across its border over contrast to what lies further out.
    """

    contrast: float
    spreads: float
    colour: float
    solidity: float
    roundness: float
    share: float
    skin: float
    sharpness: float


class Patch(NamedTuple):
    """A patch of the small photo: where, what, and how likely a lesion."""

    top: int
    left: int
    mask: Mask
    evidence: Evidence
    score: float


def patches(found: Redness, least: float, most: float, cut: float) -> list[Patch]:
    """The patches that are likely lesions, no two on the same place, the likeliest first.

    Args:
        found: of a small photo.
        least: pixels of a patch.
        most: pixels of a patch.
        cut: score below which a patch is left out.
    """
    likely = list(candidates(found, least, most, cut))
    likely.sort(key=lambda patch: -patch.score)
    taken, near = np.zeros(found.skin.shape, np.bool_), np.zeros(found.skin.shape, np.bool_)
    chosen: list[Patch] = []
    for patch in likely:
        if _covered(taken, patch) > _OVERLAP or _covered(near, patch) > _RIM:
            continue
        before = len(chosen)
        for part in _outlined(found, patch):
            if part.mask.sum() < least or part.score < cut or _covered(taken, part) > _OVERLAP:
                continue
            # What clings to a clearer lesion is its rim; parts of one patch are no rims of each other.
            if _covered(near, part) <= _RIM:
                chosen.append(part)
                _place(taken, part)[part.mask] = True
        for part in chosen[before:]:
            _add_near(near, part)
    steepness = calm(found)
    doubted = [
        patch._replace(score=patch.score * believed(found, steepness, patch.top, patch.left, patch.mask))
        for patch in chosen
    ]
    return sorted((patch for patch in doubted if patch.score >= cut), key=lambda patch: -patch.score)


def _outlined(found: Redness, patch: Patch) -> list[Patch]:
    """A patch with its outline half way, parted at its necks; as it was where that makes it no better."""
    parts = parted(*half_way(found, patch.top, patch.left, patch.mask))
    measured_parts = [_patch(found, found.red, *part, _KEPT * patch.score) for part in parts]
    return [part for part in measured_parts if part is not None] or [patch]


def _patch(found: Redness, field: Map, top: int, left: int, mask: Mask, cut: float) -> Patch | None:
    evidence = measured(found, field, top, left, mask, cut)
    if evidence is None or (value := score(evidence)) < cut:
        return None
    return Patch(top, left, mask, evidence, value)


def _place(taken: Mask, patch: Patch) -> Mask:
    rows, columns = patch.mask.shape
    return taken[patch.top : patch.top + rows, patch.left : patch.left + columns]


def _add_near(near: Mask, patch: Patch) -> None:
    """Mark a patch and a rim of a share of its diameter."""
    import cv2

    reach = 1 + round(_RIM_REACH * float(np.sqrt(patch.mask.sum())))
    window, inside = window_of(near.shape, patch.top, patch.left, patch.mask, reach)
    near[window] |= np.asarray(cv2.distanceTransform(np.uint8(1) - inside, cv2.DIST_L2, 3)) <= reach


def _covered(taken: Mask, patch: Patch) -> float:
    """Share of a patch that others have."""
    return float(_place(taken, patch)[patch.mask].mean())


def candidates(found: Redness, least: float, most: float, cut: float) -> Iterator[Patch]:
    """Every patch of every level whose score reaches the cut."""
    import cv2

    side = float(np.sqrt(found.skin.size))
    red = np.where(found.skin, found.red, 0).astype(np.float32)
    for smooth in _SMOOTH:
        field: Map = np.asarray(cv2.GaussianBlur(red, (0, 0), max(0.4, smooth * side)))
        inside = field[found.skin]
        lowest = 1.0 * float(np.median(found.spread[found.skin]))
        highest = float(np.quantile(inside, 0.9995))
        if highest <= lowest:
            continue
        before: Labelled | None = None
        for level in np.geomspace(lowest, highest, _LEVELS):
            above = ((field > np.float32(level)) & found.skin).astype(np.uint8)
            _, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=4)
            now = (np.asarray(labels, dtype=np.int32), np.asarray(stats, dtype=np.int32))
            for top, left, mask in _at_level(now, before, least, most):
                patch = _patch(found, field, top, left, mask, cut)
                if patch is not None:
                    yield patch
            before = now


def _at_level(now: Labelled, before: Labelled | None, least: float, most: float) -> Iterator[Placed]:
    """The patches of one level that are not nearly the same as one of the level below."""
    import cv2

    labels, stats = now
    area = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    area[0] = 0
    fitting = np.flatnonzero((area >= 0.5 * least) & (area <= most))
    for number in fitting[np.argsort(-area[fitting])][:_PER_LEVEL]:
        left, top, width, height = (int(value) for value in stats[number, :4])
        if area[number] < _FILL * width * height:
            continue
        if before is not None:
            column = left + int(np.argmax(labels[top, left : left + width] == number))
            around = before[1][before[0][top, column], cv2.CC_STAT_AREA]
            if around <= min(most, _SAME * area[number]):
                continue
        mask = _filled(labels[top : top + height, left : left + width] == number)
        if least <= mask.sum() <= most:
            yield top, left, mask


def _filled(mask: Mask) -> Mask:
    """Without holes: all but what hangs together with the outside."""
    import cv2

    around = np.ones((mask.shape[0] + 2, mask.shape[1] + 2), np.uint8)
    around[1:-1, 1:-1] = ~mask
    _, labels = cv2.connectedComponents(around, connectivity=4)
    return np.asarray(labels[1:-1, 1:-1] != labels[0, 0])


def measured(
    found: Redness, field: Map, top: int, left: int, mask: Mask, cut: float = 0.0
) -> Evidence | None:
    """Measure a patch.

    Args:
        found: of a small photo.
        field: the map that it was cut from.
        top, left, mask: where it is.
        cut: score that it must have; what can no longer reach it is not measured further.

    Returns:
        None where there is no skin around it to compare with, or where its score is surely below the cut.
    """
    import cv2

    area = float(np.count_nonzero(mask))
    share = area / found.skin.size
    near, far = max(2, round(0.12 * np.sqrt(area))), max(5, round(0.45 * np.sqrt(area)))
    window, inside = window_of(found.skin.shape, top, left, mask, far)
    # A distance, not dilations: its time does not grow with the reach.
    away: Map = np.asarray(cv2.distanceTransform(np.uint8(1) - inside, cv2.DIST_L2, 3))
    ring = (away > 1) & (away <= far)
    around = ring & found.skin[window]
    close = around & (away <= near)
    skin = int(np.count_nonzero(around))
    if skin < 12 or np.count_nonzero(close) < 4:
        return None
    red, green = found.red[window], found.green[window]
    within = inside > 0
    # Neighbours stand in the surroundings too: normal is what the less red part of them is.
    contrast = float(mean(red[within]) - quantile(red[around], 0.35))
    spread = float(mean(found.spread[window][within]))
    likely = _standing_out(contrast, contrast / spread) * _sized(share)
    if cut > likely * _ROUNDING:
        return None
    plain = around & (red <= quantile(red[around], 0.7))
    darker, lost, yellow = (
        float(mean(part[within]) - mean(part[plain]))
        for part in (green, found.lost[window], found.yellow[window])
    )
    brown = lost / darker + 0.5 * (yellow / darker - 1) if darker > 0.01 else 9.0
    colour = _colour(brown, float(mean(found.normal[window][within])))
    if cut > likely * colour * _ROUNDING:
        return None
    outline, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.vstack(outline))
    hull_area = float(cv2.contourArea(hull)) + 0.5 * float(cv2.arcLength(hull, closed=True)) + 1.0
    step = float(mean(field[window][within]) - mean(field[window][close]))
    return Evidence(
        contrast=contrast,
        spreads=contrast / spread,
        colour=colour,
        solidity=min(1.0, area / hull_area),
        roundness=_roundness(mask),
        share=share,
        skin=skin / max(1, int(np.count_nonzero(ring))),
        sharpness=float(np.clip(step / max(contrast, 1e-3), 0, 1)),
    )


def score(evidence: Evidence) -> float:
    """How likely a patch is what a reader would count as a lesion, 0..1."""
    stands_out = _standing_out(evidence.contrast, evidence.spreads)
    shape = evidence.solidity**2 * min(1.0, evidence.roundness / 0.35) ** 0.5
    around = float(np.clip((evidence.skin - 0.4) / 0.5, 0.2, 1.0))
    likely = stands_out * _sized(evidence.share) * shape * around * evidence.colour
    return float(likely * (0.3 + 0.7 * evidence.sharpness))


def _standing_out(contrast: float, spreads: float) -> float:
    """How likely a patch is one by its redness above the skin around it, 0..1."""
    if contrast <= 0 or spreads <= 0:
        return 0.0
    return spreads / (spreads + 2.0) * (contrast / (contrast + 0.04))


def _sized(share: float) -> float:
    """How likely a patch is one by its share of the photo, 0..1."""
    return share / (share + 0.0004)


def _colour(brown: float, normal: float) -> float:
    """Likelihood of blood by brownness, and by the index of normal skin there."""
    start, stop = (float(np.interp(normal, _TONES, ends)) for ends in (_MELANIN, _BLOOD))
    part = float(np.clip((brown - start) / (stop - start), 0.0, 1.0))
    return _SURE_COLOUR + (1 - _SURE_COLOUR) * part * part * (3 - 2 * part)


def _roundness(mask: Mask) -> float:
    """Width over length of a patch, by its moments."""
    import cv2

    moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
    pixels = moments["m00"]
    if pixels < 3:
        return 1.0
    down, across = (moments[name] / (pixels - 1) + 1 / 12 for name in ("mu02", "mu20"))
    middle, apart = (down + across) / 2, float(np.hypot((down - across) / 2, moments["mu11"] / (pixels - 1)))
    return float(np.sqrt(max(middle - apart, 0.0) / (middle + apart)))
