"""Copies of a photo: exact ones, and those re-encoded, resized, cropped, relit, turned or mirrored.

Candidates come from two indexes over all photos (a 64-bit perceptual hash, and the nearest neighbours of an
embedding of layout and colour), so that the work grows with the number of photos and not with its square.
Each candidate is then aligned and compared in detail: two lesions may look alike from afar, copies agree in
pores and hairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.data.alignment import same_detail, same_layout
from cutis.data.candidates import Positions, candidates, parts
from cutis.data.fingerprint import Fingerprints, fingerprint, grey_thumbnail, processors, turned

# Chosen on 10,015 dermoscopic photos of 7,470 lesions, looking at the pairs. Of photos under different
# lesions the 14 most alike (above 0.363) show the same lesion after all; the others share no more than a
# dermoscope's black rim. Copies by re-encoding (JPEG 60), resizing to 80%, a crop of 3%, a change of light by
# 20%, mirroring and turning are above 0.7. At 28 pixels, different lesions reach 0.55.
LAYOUT = 0.8
DETAIL = 0.43
DETAIL_OF_TINY = 0.65  # where a photo has less than 48 pixels on a side

_DETAIL_SIDE = 144  # pixels
_FLAT = 1.5  # grey levels: photos with less contrast show nothing that could be compared
_MANY = 32  # copies of one photo; beyond it each is paired with the first only
_WORDS = ("", "mirrored", "mirrored", "rotated", "mirrored", "rotated", "rotated", "mirrored")


@dataclass(frozen=True, order=True)
class Pair:
    """Two photos that are copies of each other.

    Attributes:
        first: position of the earlier photo in the collection.
        second: position of the later one.
        distance: 0 for equal pixels, up to 0.57 for the least alike that count as copies.
        turned: ``mirrored``, ``rotated`` or empty.
    """

    first: int
    second: int
    distance: float
    turned: str = ""

    @property
    def exact(self) -> bool:
        """Whether the pixels are equal."""
        return self.distance == 0


def find_duplicates(
    paths: Sequence[Path],
    *,
    prints: Fingerprints | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Pair]:
    """Exact and near copies among photos; unreadable photos are left out.

    Args:
        paths: the photos.
        prints: their fingerprints, if they were made before.
        threads: default: as many as there are processors.
        progress: called with the number of photos just read.

    Returns:
        Pairs in the order of the photos.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    prints = fingerprint(paths, threads=threads, progress=progress) if prints is None else prints
    groups = _equal_pixels(prints)
    exact = [Pair(a, b, 0.0) for group in groups for a, b in _pairs_within(group)]
    unique = np.array([group[0] for group in groups], np.int64)
    with threadpool_limits(1):  # there is a thread per processor already
        near = _near(paths, prints, unique, threads or processors())
    members = {int(group[0]): group for group in groups}
    spread = [
        Pair(int(min(a, b)), int(max(a, b)), pair.distance, pair.turned)
        for pair in near
        for a in members[pair.first][:_MANY]
        for b in members[pair.second][:_MANY]
    ]
    return sorted(exact + spread)


def _equal_pixels(prints: Fingerprints) -> list[Positions]:
    """Positions of readable photos, grouped by equal pixels; most groups hold one."""
    readable = np.setdiff1d(np.arange(len(prints.digest)), list(prints.faults))
    keys = np.ascontiguousarray(prints.digest[readable]).view("V16").ravel()
    order = np.argsort(keys, kind="stable")
    ends = np.flatnonzero(keys[order][1:] != keys[order][:-1]) + 1
    return np.split(readable[order], ends) if len(order) else []


def _pairs_within(items: Positions) -> Iterator[tuple[int, int]]:
    for at, first in enumerate(items[:1] if len(items) > _MANY else items):
        for second in items[at + 1 :]:
            yield int(first), int(second)


def _near(paths: Sequence[Path], prints: Fingerprints, unique: Positions, threads: int) -> list[Pair]:
    """Near copies among photos with different pixels."""
    contrast = np.linalg.norm(prints.layout[unique].astype(np.float32), axis=1) / prints.thumbnail.shape[1]
    unique = unique[contrast >= _FLAT]
    if len(unique) < 2:
        return []
    first, second, turn = candidates(prints.layout[unique].astype(np.float32), threads)
    first, second = unique[first], unique[second]
    keep, moves = _same_layout(prints.thumbnail, first, second, turn, threads)
    first, second, turn = first[keep], second[keep], turn[keep]
    detail = _same_detail(paths, first, second, turn, moves, threads)
    return [
        Pair(int(a), int(b), max(round(1 - float(alike), 3), 0.001), _WORDS[way])
        for a, b, way, alike in zip(first, second, turn, detail, strict=True)
        if alike > 0
    ]


def _same_layout(
    thumbnails: NDArray[np.uint8], first: Positions, second: Positions, turn: Positions, threads: int
) -> tuple[Positions, NDArray[np.float32]]:
    """Which candidates (positions among them) agree after alignment, and their alignments."""

    def compare(part: slice) -> tuple[Positions, NDArray[np.float32]]:
        ways = zip(first[part], turn[part], strict=True)
        fixed = np.stack([turned(thumbnails[one], way) for one, way in ways])
        likeness, moves = same_layout(fixed, thumbnails[second[part]])
        good = np.flatnonzero(likeness >= LAYOUT)
        return good + part.start, moves[good]

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(compare, parts(len(first), 512)))
    kept = [np.empty(0, np.int64), *(good for good, _ in found)]
    return np.concatenate(kept), np.concatenate(
        [np.empty((0, 2, 3), np.float32), *(moves for _, moves in found)]
    )


def _same_detail(
    paths: Sequence[Path],
    first: Positions,
    second: Positions,
    turn: Positions,
    moves: NDArray[np.float32],
    threads: int,
) -> NDArray[np.float32]:
    """How alike the photos are up close, 0 if too little; they are read once more, as few get this far."""
    from cutis.imaging.read import read_rgb

    def seen(position: int) -> tuple[NDArray[np.uint8], bool]:
        pixels = read_rgb(paths[position], least_side=2 * _DETAIL_SIDE)
        return grey_thumbnail(pixels, _DETAIL_SIDE), min(pixels.shape[:2]) < 48

    def compare(part: slice) -> NDArray[np.float32]:
        known = {position: seen(position) for position in {*first[part].tolist(), *second[part].tolist()}}
        ways = zip(first[part].tolist(), turn[part], strict=True)
        fixed = np.stack([turned(known[one][0], way) for one, way in ways])
        others = [known[other] for other in second[part].tolist()]
        alike = same_detail(fixed, np.stack([image for image, _ in others]), moves[part])
        tiny = [known[one][1] or small for one, (_, small) in zip(first[part].tolist(), others, strict=True)]
        return np.where(alike >= np.where(tiny, DETAIL_OF_TINY, DETAIL), alike, 0)

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate([np.empty(0, np.float32), *pool.map(compare, parts(len(first), 8))])
