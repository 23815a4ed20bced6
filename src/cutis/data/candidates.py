"""Which photos may be copies of each other, from two indexes: a hash, and an embedding of the layout."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.data.fingerprint import FREQUENCIES, turned_layout

COSINE = 0.78  # chosen with the limits of `cutis.data.duplicates`
COSINE_OF_NEAREST = 0.66  # is enough for the three most similar of each photo

_HASH_BITS_APART = 4  # of 64
_NEIGHBOURS = 8  # of each photo, in each of its eight turns
_BRUTE_FORCE = 30_000  # photos; above it a graph of neighbours (HNSW) is faster than comparing all
_TURN_BACK = (0, 1, 2, 3, 4, 6, 5, 7)

Positions = NDArray[np.int64]


def candidates(layout: NDArray[np.float32], threads: int) -> tuple[Positions, Positions, Positions]:
    """Pairs of similar layout, each once.

    Args:
        layout: (photos, 118).
        threads: to search with.

    Returns:
        first, second, and the turn that lays the first on the second.
    """
    import faiss

    vectors = _embedding(layout)
    neighbours = _neighbour_index(vectors)
    hashes = faiss.IndexBinaryMultiHash(64, 4, 16)
    hashes.nflip = 1  # finds all within 7 bits, as one of four words then has at most one bit wrong
    hashes.add(_hashes(vectors))

    def search(task: tuple[slice, int]) -> tuple[Positions, Positions, Positions, NDArray[np.float32]]:
        faiss.omp_set_num_threads(1)  # for this thread: threads that wait for each other waste a busy machine
        part, turn = task
        queries = np.ascontiguousarray(turned_layout(vectors[part], turn))
        near, close = _nearest(neighbours, queries), _close_hashes(hashes, _hashes(queries))
        at, other = (np.concatenate(both) for both in zip(near, close, strict=True))
        first = at + part.start
        cosine = np.einsum("pv,pv->p", queries[at], vectors[other])
        keep = (cosine >= COSINE_OF_NEAREST) & (first != other)
        return first[keep], other[keep], np.full(keep.sum(), turn), cosine[keep]

    with ThreadPoolExecutor(threads) as pool:
        tasks = ((part, turn) for part in parts(len(vectors), 4096) for turn in range(8))
        found = list(pool.map(search, tasks))
    return _each_once(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _embedding(layout: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors in which every frequency counts alike, and colour half as much as light."""
    colour, row, column = FREQUENCIES.T
    usual = 500.0 / np.hypot(row, column) ** 1.3 / np.where(colour > 0, 5, 1)
    variance = ((layout.astype(np.float64) ** 2).sum(0) + 50 * usual**2) / (len(layout) + 50)
    # The same for a photo and its transpose, so that turning a vector is turning its photo.
    spread = np.sqrt((variance + turned_layout(variance[None], 4)[0]) / 2)
    vectors = layout / spread.astype(np.float32)
    for which, share in ((0, 1.0), (1, 0.5), (2, 0.5)):
        part = colour == which
        length = np.linalg.norm(vectors[:, part], axis=1, keepdims=True)
        vectors[:, part] *= share / np.maximum(
            length, 0.05 if which == 0 else 0.3
        )  # grey photos have no colour
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _neighbour_index(vectors: NDArray[np.float32]) -> Any:
    import faiss

    size = vectors.shape[1]
    index: Any = faiss.IndexFlatIP(size)
    if len(vectors) > _BRUTE_FORCE:
        index = faiss.IndexHNSWFlat(size, 32, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction, index.hnsw.efSearch = 80, 64
    index.add(vectors)
    return index


def _nearest(index: Any, queries: NDArray[np.float32]) -> tuple[Positions, Positions]:
    _, others = index.search(queries, min(_NEIGHBOURS, index.ntotal))
    at, rank = np.nonzero(others >= 0)
    return at, others[at, rank]


def _close_hashes(index: Any, queries: NDArray[np.uint8]) -> tuple[Positions, Positions]:
    limits, _, others = index.range_search(queries, _HASH_BITS_APART + 1)
    return np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64))), others


def _hashes(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(photos, 8): whether each of the 64 lowest waves of light starts bright or dark."""
    colour, row, column = FREQUENCIES.T
    lowest = (colour == 0) & (row + column <= 10) & ~((row == 5) & (column == 5))
    return np.packbits(vectors[:, lowest] > 0, axis=1)


def _each_once(
    first: Positions, second: Positions, turn: Positions, cosine: NDArray[np.float32]
) -> tuple[Positions, Positions, Positions]:
    """Of each pair the turn with the highest cosine, the earlier photo first; only pairs worth aligning."""
    swap = first > second
    turn = np.where(swap, np.array(_TURN_BACK)[turn], turn)
    first, second = np.where(swap, second, first), np.where(swap, first, second)
    order = np.lexsort((turn, -cosine, second, first))
    first, second, turn, cosine = first[order], second[order], turn[order], cosine[order]
    new = np.ones(len(first), bool)
    new[1:] = (first[1:] != first[:-1]) | (second[1:] != second[:-1])
    first, second, turn, cosine = first[new], second[new], turn[new], cosine[new]
    worth = (cosine >= COSINE) | (np.minimum(_rank(first, cosine), _rank(second, cosine)) < 3)
    return first[worth], second[worth], turn[worth]


def _rank(photos: Positions, cosine: NDArray[np.float32]) -> Positions:
    """How many pairs of the same photo are more alike."""
    order = np.lexsort((-cosine, photos))
    starts = np.searchsorted(photos[order], photos[order])
    rank = np.empty(len(photos), np.int64)
    rank[order] = np.arange(len(photos)) - starts
    return rank


def parts(count: int, size: int) -> list[slice]:
    """``count`` items in slices of ``size``, of which the last may be shorter."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]
