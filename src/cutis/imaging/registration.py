"""Two photos of the same skin laid on each other, place by place, however each was lit.

What is compared is the fine structure of skin (pores, lines, spots), each place by itself made even in light
and contrast. Shift, turn and size are first looked for on a coarse grid, then refined with all of the skin
(Evangelidis & Psarakis 2008, IEEE Trans Pattern Anal Mach Intell 30:1858), then a mild deformation (dense
inverse search, Kroeger et al. 2016, ECCV 471) follows what expression and view moved, where that makes the
two more alike. The same is done the other way round: how far the two ways disagree is the error, and where
they do, or where the skin is not alike, nothing is laid on anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.registration_search import (
    FINE,
    Field,
    Level,
    Mask,
    Matrix,
    Skin,
    inverted,
    moved_onto,
    refined,
    searched,
    through,
)

# Least agreement and largest error, mm; either pair will do. Skin that has changed much agrees little, but
# both ways find the same; skin of two people does neither: 0.2 at most, or 0.3 with 0.7 mm (docs/facial.md).
FITS = ((0.40, 1.5), (0.25, 0.45))
_FINEST = 0.1  # mm: what both ways get wrong alike
_LEAST_OVERLAP = 0.4  # of the smaller of the two masks
_STIFF = 3.0  # mm over which a deformation is smooth
_MOST_BENT = 1.5  # mm
_MOST_SCALED = 1.25


@dataclass(frozen=True, eq=False)
class Registration:
    """How one photo lies on another.

    Attributes:
        places: (height, width, 2) float32: for each pixel of the first, column and row in the second.
        matrix: (2, 3) the part of it that is shift, turn, size and shear, from the first to the second.
        agreement: correlation of the fine structure where both have skin, -1..1.
        error: mm, about how far a place is off, from how far the way there and the way back miss.
        overlap: share of the smaller skin that both have.
        fits: whether the second may be laid on the first.
        words: what was found, or why it does not fit.
    """

    places: Field
    matrix: Matrix
    agreement: float
    error: float
    overlap: float
    fits: bool
    words: str


def register(
    first: NDArray[np.uint8],
    second: NDArray[np.uint8],
    first_mask: Mask | None = None,
    second_mask: Mask | None = None,
    mm_per_pixel: float = 0.15,
) -> Registration:
    """Find where each place of one photo lies in another of the same skin.

    Args:
        first: (height, width, 3) sRGB, which the other is laid on.
        second: (height, width, 3) sRGB, at about the same scale.
        first_mask: usable skin of the first; all of it by default.
        second_mask: likewise of the second.
        mm_per_pixel: of both.

    Raises:
        ImageError: a photo is none, or a mask has another shape.
    """
    one, two = Skin(first, first_mask, mm_per_pixel), Skin(second, second_mask, mm_per_pixel)
    if min(one.fine.mask.sum(), two.fine.mask.sum()) * FINE**2 < 100.0:
        return _nothing(one, "less than one square centimetre of usable skin on a photo")
    start = searched(one.coarse, two.coarse)
    grids = [part.coarse.grid @ np.linalg.inv(part.fine.grid) for part in (one, two)]
    there = refined(one, two, through(start, grids[0], grids[1]))
    back = None if there is None else refined(two, one, inverted(there))
    if there is None or back is None:
        return _nothing(one, "the skin of the two photos is not alike")
    bent, bent_back = _bent(one.fine, two.fine, there), _bent(two.fine, one.fine, back)
    agreement, both = _agreement(one.fine, two.fine, bent)
    error = float(np.hypot(_FINEST, 2 * _round_trip(bent, bent_back, both) * FINE))
    overlap = float(both.sum() / min(one.fine.mask.sum(), two.fine.mask.sum()))
    problem = _problem(agreement, error, overlap, there)
    return Registration(
        places=_at_full(bent, one, two),
        matrix=through(there, one.fine.grid, two.fine.grid),
        agreement=agreement,
        error=error,
        overlap=overlap,
        fits=problem is None,
        words=f"Not laid on each other: {problem}." if problem else f"Laid on each other to {error:.1f} mm.",
    )


def laid(picture: NDArray[Any], registration: Registration) -> NDArray[Any]:
    """A picture of the second photo as the first would show it.

    Args:
        picture: (height, width) or (height, width, 3) of the second photo: bytes, or floats that may hold
            places that are not a number.
        registration: of the two.

    Returns:
        Of the first photo's height and width. Outside of the second: black bytes, or not a number.
    """
    where = registration.places
    if picture.dtype == np.bool_:
        return _seen(picture.astype(np.uint8), where, nearest=True).astype(np.bool_)
    empty = (0, 0, 0) if picture.dtype == np.uint8 else (float("nan"),) * 3
    return _seen(picture, where, beyond=empty)


def difference(
    before: Field,
    after: Field,
    registration: Registration,
    *,
    mm_per_pixel: float = 0.15,
    smooth: float | None = None,
) -> Field:
    """After less before, place by place, on the first photo.

    Args:
        before: (height, width) map of the first photo, not a number where there is nothing.
        after: map of the second.
        registration: of the two.
        mm_per_pixel: of the maps.
        smooth: mm over which both are averaged first, so that what lies a registration's error beside itself
            is no difference; by default twice the error, and at least 0.6.

    Returns:
        (height, width), not a number where either has nothing.
    """
    reach = max(0.6, 2 * registration.error) if smooth is None else smooth
    calm = [_averaged(part, reach / mm_per_pixel) for part in (before, laid(after, registration))]
    return np.asarray(calm[1] - calm[0], dtype=np.float32)


def _grid(shape: tuple[int, ...]) -> Field:
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.stack([columns, rows], axis=-1)


def _bent(one: Level, two: Level, matrix: Matrix) -> Field:
    """For each pixel its place in the second, with a mild deformation where that makes them more alike."""
    import cv2

    plain = (_grid(one.mask.shape) @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    moved, weight = moved_onto(two, matrix, one.mask.shape)
    both = ((weight > 0.9) & one.mask).astype(np.float32)
    if both.sum() < 200:
        return plain
    pictures = [np.clip(128 + 40 * part * both, 0, 255).astype(np.uint8) for part in (one.structure, moved)]
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    start = np.zeros((*both.shape, 2), np.float32)
    flow = np.asarray(finder.calc(pictures[0], pictures[1], start), dtype=np.float32)
    trust = both * (cv2.GaussianBlur(one.structure * moved, (0, 0), 1.0 / FINE) > 0.05)
    reach = _STIFF / FINE
    total = cv2.GaussianBlur(trust, (0, 0), reach)[..., None] + 0.05
    calm = cv2.GaussianBlur(flow * trust[..., None], (0, 0), reach) / total
    length = np.linalg.norm(calm, axis=-1, keepdims=True)
    calm = calm * np.minimum(1.0, _MOST_BENT / FINE / np.maximum(length, 1e-6))
    bent = np.asarray(plain + calm @ matrix[:, :2].T.astype(np.float32), dtype=np.float32)
    better = _agreement(one, two, bent)[0] > _agreement(one, two, plain)[0] + 0.01
    return bent if better else plain


def _agreement(one: Level, two: Level, places: Field) -> tuple[float, Mask]:
    """Correlation where both have skin, and where that is."""
    moved, weight = (_seen(part, places) for part in (two.structure, two.mask.astype(np.float32)))
    both = np.asarray((weight > 0.9) & one.mask)
    if both.sum() < 200:
        return 0.0, both
    return float(np.corrcoef(one.structure[both], moved[both])[0, 1]), both


def _round_trip(there: Field, back: Field, both: Mask) -> float:
    """How far one ends up from where one began, root mean square, pixels."""
    again = _seen(back, there, beyond=(float("nan"),) * 2)
    off = (again - _grid(there.shape))[both]
    off = off[np.isfinite(off).all(axis=-1)]
    return float(np.sqrt(np.mean(np.sum(off**2, axis=-1)))) if len(off) else float("inf")


def _problem(agreement: float, error: float, overlap: float, matrix: Matrix) -> str | None:
    stretch = np.linalg.svd(matrix[:, :2], compute_uv=False)
    if not any(agreement >= least and error <= most for least, most in FITS):
        return "the skin of the two photos is not alike enough to tell place from place"
    if overlap < _LEAST_OVERLAP:
        return f"only {overlap:.0%} of the skin is on both photos"
    if not 1 / _MOST_SCALED < stretch[1] <= stretch[0] < _MOST_SCALED:
        return "the two photos differ too much in size or view"
    return None


def _at_full(places: Field, one: Skin, two: Skin) -> Field:
    import cv2

    size = (one.shape[1], one.shape[0])
    grown = np.asarray(cv2.resize(places, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    grid = two.fine.grid
    return ((grown - grid[:2, 2]) / np.diag(grid)[:2]).astype(np.float32)


def _seen(values: Any, places: Field, *, nearest: bool = False, beyond: Any = 0) -> NDArray[Any]:
    """Values at places of another picture."""
    import cv2

    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    columns, rows = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    return np.asarray(cv2.remap(values, columns, rows, how, borderValue=beyond))


def _averaged(values: Field, reach: float) -> Field:
    import cv2

    known = np.isfinite(values)
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), reach)
    total = cv2.GaussianBlur(np.where(known, values, 0).astype(np.float32), (0, 0), reach)
    return np.where(known, total / np.maximum(weight, 1e-6), np.nan).astype(np.float32)


def _nothing(one: Skin, why: str) -> Registration:
    return Registration(
        _grid(one.shape), np.eye(2, 3), 0.0, float("inf"), 0.0, False, f"Not laid on each other: {why}."
    )
