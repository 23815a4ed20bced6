"""Patches found as flat pieces of a photo, and the grid that they lie on.

Nothing is asked of the patches' colours here, so that coloured light and shade don't hide a card; which patch
is which is decided afterwards (`detect`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.spaces import Floats

Slope = NDArray[np.float32]  # (height, width) display values per pixel

_LEAST_PATCHES = 9  # of 24 that must be seen as pieces before a grid is believed
_FLAT = (5.0, 9.0, 16.0)  # steepest slope within a patch, display values per pixel
_LEAST_AREA = 14.0  # pixels of the copy
_MOST_AREA = 0.02  # share of the copy
_SOLID = 0.78  # share of its smallest rectangle that a patch fills
_LONG = 2.6  # longest over shortest side
_NEIGHBOUR = (0.85, 1.95)  # distance of neighbours, in sides of a patch as it appears
_ALIKE = 2.2  # areas of neighbours
_OFF = 0.22  # pitches that a patch may lie beside its place


@dataclass(frozen=True, eq=False)
class Grid:
    """Patches on a grid.

    Attributes:
        matrix: (3, 3) from column and row, counted from any of its patches, to pixels.
        cells: (n, 2) column and row of the patches that were seen.
    """

    matrix: Floats
    cells: NDArray[np.int64]


def find_grids(rgb: NDArray[np.uint8]) -> list[Grid]:
    """Grids of flat squares in a photo, the most complete first.

    Args:
        rgb: (height, width, 3) sRGB, small: patches of 4 to some 60 pixels.
    """
    grids = []
    slope = _slope(rgb)
    for limit in _FLAT:
        centres, sides = _pieces(slope, limit)
        for members in _clusters(centres, sides):
            grid = _grid(centres[members], sides[members])
            if grid is not None:
                grids.append(grid)
    return sorted(grids, key=lambda grid: -len(grid.cells))


def _slope(rgb: NDArray[np.uint8]) -> Slope:
    """Steepest change over a pixel in any channel."""
    import cv2

    calm: Any = cv2.GaussianBlur(rgb, (0, 0), 0.7)
    square = np.ones((3, 3), np.uint8)
    steep = cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, square)
    return np.asarray(steep.max(axis=2) / np.float32(2), dtype=np.float32)


def _pieces(slope: Slope, limit: float) -> tuple[Floats, Floats]:
    """Centres (n, 2) and sides (n,) of flat pieces that are nearly square."""
    import cv2

    flat = (slope < limit).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(flat, connectivity=4)
    most = _MOST_AREA * slope.size
    centres, sides = [], []
    for index in range(1, count):
        left, top, width, height, size = stats[index]
        if not _LEAST_AREA <= size <= most or max(width, height) > _LONG * 1.5 * min(width, height):
            continue
        if size < 0.4 * width * height:
            continue
        here = (labels[top : top + height, left : left + width] == index).astype(np.uint8)
        contour = max(
            cv2.findContours(here, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0], key=cv2.contourArea
        )
        (x, y), (across, down), _ = cv2.minAreaRect(contour)
        long, short = max(across, down) + 1, min(across, down) + 1
        filled = cv2.contourArea(contour) + cv2.arcLength(contour, True) / 2 + 1
        if long > _LONG * short or filled < _SOLID * long * short:
            continue
        centres.append((left + x, top + y))
        sides.append(np.sqrt(long * short) + 2)  # the rim of a patch is steep
    return np.array(centres, np.float64).reshape(-1, 2), np.array(sides, np.float64)


def _clusters(centres: Floats, sides: Floats) -> list[NDArray[np.int64]]:
    """Groups of pieces that are neighbours of about the same size."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if len(centres) < _LEAST_PATCHES:
        return []
    first, second = _neighbours(centres, sides)
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(len(centres),) * 2)
    count, member = connected_components(graph, directed=False)
    groups = [np.flatnonzero(member == index) for index in range(count)]
    return [group for group in groups if len(group) >= _LEAST_PATCHES]


def _neighbours(centres: Floats, sides: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from scipy.spatial import cKDTree

    tree = cKDTree(centres)
    near = tree.query(centres, k=min(9, len(centres)))[1][:, 1:]
    first = np.repeat(np.arange(len(centres)), near.shape[1])
    second = near.ravel()
    apart = np.linalg.norm(centres[first] - centres[second], axis=1)
    side = np.sqrt(sides[first] * sides[second])
    ratio = (sides[first] / sides[second]) ** 2
    kept = (apart > _NEIGHBOUR[0] * side) & (apart < _NEIGHBOUR[1] * side)
    kept &= (ratio < _ALIKE) & (ratio > 1 / _ALIKE)
    return first[kept], second[kept]


def _grid(centres: Floats, sides: Floats) -> Grid | None:
    """The grid that most of the pieces lie on."""
    first, second = _neighbours(centres, sides)
    links: list[list[int]] = [[] for _ in centres]
    for one, other in zip(first, second, strict=True):
        links[int(one)].append(int(other))
    best: Grid | None = None
    for seed in sorted(range(len(centres)), key=lambda index: -len(links[index]))[:4]:
        grid = _grown(centres, links, seed)
        if grid is not None and (best is None or len(grid.cells) > len(best.cells)):
            best = grid
    return best


def _grown(centres: Floats, links: list[list[int]], seed: int) -> Grid | None:
    steps = _steps(centres, links, seed)
    if steps is None:
        return None
    place = {seed: (0, 0)}
    local = {seed: steps}
    waiting = [seed]
    while waiting:
        here = waiting.pop(0)
        across, down = local[here]
        basis = np.linalg.inv(np.column_stack([across, down]))
        for other in links[here]:
            if other in place:
                continue
            moved = basis @ (centres[other] - centres[here])
            whole = np.rint(moved)
            if np.abs(whole).sum() != 1 or np.abs(moved - whole).max() > 0.3:
                continue
            place[other] = (place[here][0] + int(whole[0]), place[here][1] + int(whole[1]))
            seen = (centres[other] - centres[here]) * whole.sum()
            local[other] = (seen, down) if whole[0] else (across, seen)
            waiting.append(other)
    if len(place) < _LEAST_PATCHES:
        return None
    return _fitted(centres, place)


def _steps(centres: Floats, links: list[list[int]], seed: int) -> tuple[Floats, Floats] | None:
    """To the nearest neighbour, and to the nearest of those that lie most across."""
    offsets = [centres[other] - centres[seed] for other in links[seed]]
    if len(offsets) < 2:
        return None
    offsets.sort(key=lambda step: float(np.hypot(*step)))
    first = offsets[0]
    for second in offsets[1:]:
        sine = (first[0] * second[1] - first[1] * second[0]) / (np.hypot(*first) * np.hypot(*second))
        if abs(sine) > 0.75:
            return (first, second) if sine > 0 else (first, -second)
    return None


def _fitted(centres: Floats, place: dict[int, tuple[int, int]]) -> Grid | None:
    import cv2

    cells = np.array(list(place.values()), np.float64)
    seen = centres[list(place)]
    if min(np.ptp(cells[:, 0]), np.ptp(cells[:, 1])) < 1:
        return None
    pitch = np.median(
        np.linalg.norm(seen[1:] - seen[:1], axis=1) / np.linalg.norm(cells[1:] - cells[:1], axis=1)
    )
    matrix, inside = cv2.findHomography(cells, seen, cv2.RANSAC, _OFF * pitch)
    if matrix is None or int(inside.sum()) < _LEAST_PATCHES:
        return None
    kept = inside.ravel().astype(bool)
    refined, _ = cv2.findHomography(cells[kept], seen[kept], 0)
    if refined is None:
        return None
    return Grid(np.asarray(refined), np.unique(cells[kept].astype(np.int64), axis=0))
