"""Rendered photos on disk: refused where some are there, made in several processes, marked as rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, OutputError
from cutis.core.files import replacing

_QUALITY = 92
_WORTH_A_PROCESS = 64  # photos; starting processes takes longer than rendering fewer
_COMMENT = "Rendered by cutis. Not a photo of a person."

_T = TypeVar("_T")


def refuse(n: int, seed: int, manifest: Path) -> None:
    """Raise where numbers are too small or a manifest is there already."""
    if n < 1:
        raise CutisError(f"n is {n}, but at least one photo has to be rendered.")
    if seed < 0:
        raise CutisError(f"seed is {seed}, not a number from 0 upwards.")
    if manifest.exists():
        raise OutputError(f"{manifest}: is there already. Choose another folder, or delete it first.")


def generator(seed: int, *key: int) -> np.random.Generator:
    """Chance that depends on the seed and on what it is for."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def each(write: Callable[[_T], dict[str, Any]], todo: list[_T], jobs: int) -> Iterator[dict[str, Any]]:
    """What a function makes of each job, in their order, in so many processes."""
    if jobs <= 1 or len(todo) < _WORTH_A_PROCESS:
        yield from map(write, todo)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Spawned, not forked: the caller may have threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, todo, chunksize=min(16, -(-len(todo) // jobs)))


def store(pixels: NDArray[np.uint8] | NDArray[np.bool_], path: Path) -> None:
    """Write a picture that says that it is rendered, as JPEG or PNG by its suffix."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    with replacing(path) as scratch:
        if path.suffix == ".jpg":
            Image.fromarray(pixels).save(scratch, "JPEG", quality=_QUALITY, subsampling=0, comment=_COMMENT)
        else:
            told = PngInfo()
            told.add_text("Comment", _COMMENT)
            Image.fromarray(pixels).save(scratch, "PNG", pnginfo=told)
