"""What a bundle's engine sees in a set of photos: embeddings, answers and small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.core.files import replacing
from cutis.explain.photos import Item
from cutis.explain.sprites import LARGEST, side_for, square

if TYPE_CHECKING:
    from cutis.runtime.engine import Engine


@dataclass(frozen=True, eq=False)
class Cases:
    """Photos as the model sees them.

    Attributes:
        items: those that could be read.
        vectors: (photos, channels) embeddings.
        predictions: the most probable label's name of each.
        probabilities: (photos,) of the most probable label.
        pictures: a small square of each, or None.
        side: of the pictures, in pixels.
        failures: files that could not be read.
    """

    items: tuple[Item, ...]
    vectors: NDArray[np.float32]
    predictions: tuple[str, ...]
    probabilities: NDArray[np.float64]
    pictures: tuple[NDArray[np.uint8] | None, ...]
    side: int
    failures: tuple[ImageError, ...]

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The known label of each photo."""
        return tuple(item.truth for item in self.items)

    @property
    def groups(self) -> tuple[str, ...]:
        """Patient or lesion of each photo."""
        return tuple(item.group for item in self.items)


def embed_photos(
    engine: Engine,
    items: Sequence[Item],
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
) -> Cases:
    """Embed photos.

    Args:
        engine: of the bundle.
        items: the photos; those that cannot be read are listed, not fatal.
        rng: chooses which photos get a picture where there are more than the page can hold.
        progress: called with the number of photos just done.

    Raises:
        CutisError: fewer than two photos could be read.
    """
    side = side_for(len(items))
    pictured = set(rng.permutation(len(items))[:LARGEST].tolist())
    read: list[Item] = []
    vectors: list[NDArray[np.float32]] = []
    predictions: list[str] = []
    probabilities: list[float] = []
    pictures: list[NDArray[np.uint8] | None] = []
    failures: list[ImageError] = []
    results = engine.stream([item.path for item in items])
    for number, (item, (_, result)) in enumerate(zip(items, results, strict=True)):
        if isinstance(result, ImageError):
            failures.append(result)
        else:
            read.append(item)
            vectors.append(np.asarray(result.embedding, dtype=np.float32))
            predictions.append(result.label or "none")  # of several findings there may be none
            probabilities.append(max(result.probabilities.values()))
            pictures.append(_picture(item.path, side) if number in pictured else None)
        if progress:
            progress(1)
    if len(read) < 2:
        reasons = "".join(f"\n{failure}" for failure in failures[:20])
        raise CutisError(f"a map needs at least 2 photos that can be read; there were {len(read)}.{reasons}")
    stacked = np.stack(vectors)
    return Cases(
        tuple(read),
        stacked,
        tuple(predictions),
        np.array(probabilities),
        tuple(pictures),
        side,
        tuple(failures),
    )


def _picture(path: Path, side: int) -> NDArray[np.uint8]:
    from cutis.imaging.read import read_rgb

    return square(read_rgb(path, least_side=side), side)


def write_table(cases: Cases, positions: NDArray[np.float64], group: str, path: Path) -> None:
    """Write one row per photo: ids, label, answer, place on the map, embedding.

    Args:
        cases: the photos.
        positions: (photos, 2).
        group: name of the group's column.
        path: ``.parquet`` (the embedding is a list column), ``.csv`` (columns e0, e1, ...) or ``.npz``
            (arrays of these names).

    Raises:
        CutisError: another ending.
        OutputError: the file could not be written.
    """
    need_table(path)
    columns: dict[str, Any] = {
        "image_id": [item.image_id for item in cases.items],
        group: list(cases.groups),
        "label": list(cases.labels),
        "prediction": list(cases.predictions),
        "probability": cases.probabilities,
        "x": positions[:, 0],
        "y": positions[:, 1],
    }
    with replacing(path) as scratch:
        if path.suffix == ".npz":
            arrays = {
                name: np.asarray(["" if v is None else v for v in values]) for name, values in columns.items()
            }
            with scratch.open("wb") as handle:
                np.savez_compressed(handle, embedding=cases.vectors, allow_pickle=False, **arrays)
            return
        table = pl.DataFrame(columns, schema_overrides={"label": pl.String})
        if path.suffix == ".parquet":
            width = cases.vectors.shape[1]
            vectors = pl.Series("embedding", cases.vectors, dtype=pl.Array(pl.Float32, width))
            table.with_columns(vectors.cast(pl.List(pl.Float32))).write_parquet(scratch)
        else:
            spread = pl.DataFrame(cases.vectors, schema=[f"e{i}" for i in range(cases.vectors.shape[1])])
            table.hstack(spread).write_csv(scratch)


def need_table(path: Path) -> None:
    """Refuse endings that `write_table` cannot write, before any work is done.

    Raises:
        CutisError: another ending.
    """
    if path.suffix not in (".parquet", ".csv", ".npz"):
        raise CutisError(
            f"{path}: embeddings are written as .parquet, .csv or .npz. Give the name one of these endings."
        )
