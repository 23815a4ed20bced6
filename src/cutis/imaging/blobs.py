"""The patch of a small photo that stands out most from the skin around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.chromophores import Map, absorbance, chromophores

Mask = NDArray[np.bool_]

_LEVELS = (0.5, 0.65, 0.75, 0.83, 0.89, 0.94, 0.97, 0.985)  # shares of a map's pixels below a cut
_LEAST, _MOST = 0.0008, 0.55  # share of the photo that a patch may cover
_PER_CUT = 4  # patches of a cut that are looked at, the largest sums first
_SIZE = 0.004  # share of the photo at which size counts half: hair and freckles lose to lesions
_CONTRAST = 2.5  # in spreads of normal skin, at which contrast counts half
_OFF_CENTRE = 0.4  # how much less a patch in a corner counts than one in the centre
_UNEVEN = 1.0  # how much uneven surroundings, as of shadows and folds, speak against a patch
_SCALES = (0.025, 0.06, 0.14)  # of the near surroundings, as a share of the photo's side


@dataclass(frozen=True, eq=False)
class Blob:
    """A patch and how clearly it stands out, 0..1."""

    mask: Mask
    score: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a photo offers.

    Attributes:
        different: (height, width, 3) melanin, haemoglobin and darkness above normal skin, in its spreads.
        maps: (height, width) each: where a patch may be.
        usable: where the photo shows skin or lesion: neither the dark frame of a dermoscope nor ink.
    """

    different: Map
    maps: tuple[Map, ...]
    usable: Mask


def most_salient(small: NDArray[np.uint8], skin: Map) -> Blob | None:
    """The patch that stands out most.

    Args:
        small: (height, width, 3) sRGB, some ten thousand pixels.
        skin: (height, width) skin likelihood.

    Returns:
        None where the photo is too small or too uniform to have one.
    """
    if min(small.shape[:2]) < 8:
        return None
    evidence = gather(small, skin)
    if evidence is None:
        return None
    best: Blob | None = None
    for field in evidence.maps:
        for mask, stats in patches(field, evidence.usable):
            score = judge(mask, stats, evidence, skin)
            if best is None or score > best.score:
                best = Blob(mask, score)
    return best if best is None else Blob(_filled(best.mask), best.score)


def gather(small: NDArray[np.uint8], skin: Map) -> Evidence | None:
    """Measure how each pixel differs from normal skin; None where nothing does."""
    import cv2

    side = float(np.sqrt(skin.size))
    parts = chromophores(np.asarray(cv2.GaussianBlur(small, (0, 0), 0.006 * side), dtype=np.uint8))
    usable = _lit(small) & ~_ink(small)
    # Black hair and crust have no colour, so that only their darkness tells: shading plus what pigment adds.
    dark = parts.shading + parts.melanin * np.float32(0.9) + parts.haemoglobin * np.float32(0.6)
    fields = np.stack([parts.melanin, parts.haemoglobin, dark], axis=2)
    # Where little looks like skin, as in pale dermoscopy, that which does may be the lesion.
    floor = np.float32(np.clip(1.0 - float(skin[usable].mean()) if usable.any() else 0.0, 0.15, 0.9))
    trust = np.where(usable, floor + (1 - floor) * skin, 0.0).astype(np.float32)
    if trust.sum() < 50:
        return None
    residual = fields - _slow(fields, trust)
    normal = trust > np.float32(0.5 * trust.max())
    spread = np.median(np.abs(residual[normal]), axis=0) * 1.48
    # Even flawless skin has the spread of a camera's rounding.
    scaled = residual / np.maximum(spread, (0.05, 0.03, 0.04)).astype(np.float32)
    if float(np.abs(scaled).max()) < 1:
        return None
    different = np.asarray(np.clip(scaled, -12, 12), dtype=np.float32)
    different[~usable] = 0
    return Evidence(different, _maps(different, side), usable)


def _maps(different: Map, side: float) -> tuple[Map, ...]:
    import cv2

    melanin, blood, dark = (cv2.GaussianBlur(different[..., n], (0, 0), 0.012 * side) for n in range(3))
    distance = np.sqrt(
        np.maximum(blood, 0) ** 2 + 0.5 * melanin**2 + np.maximum(dark, 0) ** 2 + 0.2 * dark**2
    )
    near = np.zeros_like(distance)
    for scale in _SCALES:
        inner = cv2.GaussianBlur(distance, (0, 0), scale * side / 2)
        outer = cv2.GaussianBlur(distance, (0, 0), scale * side * 1.5)
        near = np.maximum(near, inner - outer)
    maps = (blood, dark, distance, near)
    return tuple(np.asarray(field, dtype=np.float32) for field in maps)


def _slow(fields: Map, trust: Map) -> Map:
    """The quadratic surface through each field that most of the trusted pixels agree on."""
    height, width = trust.shape
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] + np.zeros((1, width), np.float32)
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] + np.zeros((height, 1), np.float32)
    terms = np.stack([np.ones_like(down), down, across, down * across, down**2, across**2], axis=2)
    every = max(1, trust.size // 3000)
    few, seen, weight = terms.reshape(-1, 6)[::every], fields.reshape(-1, 3)[::every], trust.ravel()[::every]
    surface = np.empty_like(fields)
    ridge = 1e-3 * weight.sum() * np.diag([0.0, 1, 1, 1, 1, 1])
    for channel in range(fields.shape[2]):
        value, sure = seen[:, channel], weight
        coefficients = np.array([np.median(value[weight > 0]), 0, 0, 0, 0, 0], dtype=np.float64)
        for _ in range(4):
            off = np.abs(value - few @ coefficients)
            limit = max(3.0 * float(np.median(off[weight > 0])), 1e-3)
            sure = weight * np.maximum(1 - (off / limit) ** 2, 0) ** 2
            coefficients = np.linalg.solve(
                (few * sure[:, None]).T @ few + ridge + 1e-6 * np.eye(6),
                (few * sure[:, None]).T @ value + 1e-6 * coefficients,
            )
        surface[..., channel] = terms @ coefficients.astype(np.float32)
    return surface


def _lit(small: NDArray[np.uint8]) -> Mask:
    """Everything but black that reaches a corner: the frame of a dermoscope."""
    import cv2

    black = (small.max(axis=2) < 40).astype(np.uint8)
    if not black[[0, 0, -1, -1], [0, -1, 0, -1]].any():
        return np.ones(black.shape, np.bool_)
    _, labels = cv2.connectedComponents(black, connectivity=4)
    corners = np.unique(labels[[0, 0, -1, -1], [0, -1, 0, -1]])
    frame = np.isin(labels, corners[corners > 0]).astype(np.uint8)
    reach = 2 * max(1, int(0.02 * np.sqrt(black.size))) + 1
    return np.asarray(cv2.dilate(frame, np.ones((reach, reach), np.uint8)) == 0)


def _ink(small: NDArray[np.uint8]) -> Mask:
    """Pen on skin: far bluer than green, and than the rest of the photo."""
    import cv2

    light = absorbance(small)
    blue = light[..., 1] - light[..., 2]
    ink = (blue > max(0.6, float(np.median(blue)) + 0.7)).astype(np.uint8)
    reach = 2 * max(1, int(0.012 * np.sqrt(ink.size))) + 1
    return np.asarray(cv2.dilate(ink, np.ones((reach, reach), np.uint8)) > 0)


def patches(field: Map, usable: Mask) -> Iterator[tuple[Mask, NDArray[np.int32]]]:
    """Patches above each level of a map, with their left, top, width, height and area."""
    import cv2

    levels = np.quantile(field[usable][::3], _LEVELS)
    for level in levels:
        cut = ((field > level) & usable).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(cut, connectivity=4)
        if count < 2:
            continue
        area = stats[1:, cv2.CC_STAT_AREA] / field.size
        weight = np.where((area >= _LEAST) & (area <= _MOST), area, 0)
        for number in np.argsort(-weight)[:_PER_CUT]:
            if weight[number] > 0:
                yield labels == number + 1, stats[number + 1]


def judge(mask: Mask, stats: NDArray[np.int32], evidence: Evidence, skin: Map) -> float:
    """How clearly a patch stands out, 0..1."""
    import cv2

    left, top, width, height, area = (int(value) for value in stats)
    rows, columns = mask.shape
    reach = max(3, round(0.35 * np.sqrt(area)))
    window = (
        slice(max(0, top - reach), min(rows, top + height + reach)),
        slice(max(0, left - reach), min(columns, left + width + reach)),
    )
    inside = mask[window].astype(np.uint8)
    grown = cv2.dilate(inside, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    gap = cv2.dilate(inside, np.ones((3, 3), np.uint8))
    ring = ((grown > gap) & evidence.usable[window]).astype(np.uint8)
    if ring.sum() < 12:
        return 0.0
    different = evidence.different[window]
    within = np.array(cv2.mean(different, mask=inside)[:3])
    mean, deviation = (value.ravel()[:3] for value in cv2.meanStdDev(different, mask=ring))
    step = (within - mean) / np.sqrt(1.0 + _UNEVEN * deviation**2)
    # Blood and darkness count as more than normal; less of them (scar, scale) counts less.
    step = np.where(step < 0, 0.45 * step, step) * np.array([0.6, 1.0, 0.9])
    contrast = float(np.sqrt((step**2).sum()))
    ringed = max(float(cv2.mean(skin[window], mask=which)[0]) for which in (ring, gap))
    edge = int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum())
    cut_off = min(1.0, edge / (2.0 * np.sqrt(np.pi * area)))
    fill = area / (width * height)
    away = np.hypot((top + height / 2) / rows - 0.5, (left + width / 2) / columns - 0.5) / np.sqrt(0.5)
    score = contrast / (contrast + _CONTRAST) * (area / mask.size) / (area / mask.size + _SIZE)
    score *= (0.3 + 0.7 * ringed) * (1 - cut_off) ** 2 * min(1.0, fill / 0.5) ** 0.5
    return float(score * (1 - _OFF_CENTRE * min(1.0, away) ** 2))


def _filled(mask: Mask) -> Mask:
    """Without holes."""
    from scipy import ndimage

    return np.asarray(ndimage.binary_fill_holes(mask), dtype=np.bool_)
