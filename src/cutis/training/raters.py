"""What several raters said of a photo, as a soft target."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import ManifestError
from cutis.core.labels import Labels
from cutis.core.manifest import Manifest
from cutis.core.manifest_checks import without_point_zero

PREFIX = "rater_"


def soft_targets(
    part: Manifest, labels: Labels, hard: NDArray[np.int64]
) -> NDArray[np.float32] | NDArray[np.int64]:
    """The share of raters that named each label; a photo that nobody rated keeps its own label.

    Args:
        part: rows with one column ``rater_<name>`` per rater; empty cells are ratings not given.
        labels: what raters may say.
        hard: (rows,) index of each row's own label.

    Returns:
        (rows, labels) shares, or ``hard`` itself where there are no raters.

    Raises:
        ManifestError: a rater said something else.
    """
    columns = [name for name in part.table.columns if name.startswith(PREFIX)]
    if not columns:
        return hard
    ratings = part.table.select(without_point_zero(part.table[name].cast(pl.String)) for name in columns)
    _need_known(part, ratings, labels)
    given = ratings.to_numpy()  # (rows, raters)
    votes = np.stack([(given == name).sum(1) for name in labels.names], axis=1).astype(np.float32)
    rated = votes.sum(1) > 0
    votes[~rated] = np.eye(len(labels), dtype=np.float32)[hard[~rated]]
    shares: NDArray[np.float32] = votes / votes.sum(1, keepdims=True)
    return shares


def _need_known(part: Manifest, ratings: pl.DataFrame, labels: Labels) -> None:
    problems = [
        f"{part.path}:{row}: {name} is '{value}', not one of {', '.join(labels.names)}. "
        "Correct the cell, or leave it empty if this rater did not rate the photo."
        for name in ratings.columns
        for row, value in zip(part.table["row"], ratings[name], strict=True)
        if value is not None and value not in labels
    ]
    if problems:
        raise ManifestError(problems)
