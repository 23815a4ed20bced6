"""One row of the truth's table for each patient or lesion, in place of one for each photo."""

from __future__ import annotations

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from cutis.evaluation.study import Study

SEVERAL = "several"  # of a column in which the photos of a patient differ


def one_each(study: Study, telling: NDArray[np.float64]) -> pl.DataFrame:
    """The most telling photo of each group, and what all of the group's photos agree in.

    Args:
        study: photo by photo.
        telling: (photos,) the more, the better a photo stands for its group.
    """
    group = study.truth.group
    table = study.truth.table.with_columns(pl.Series("_telling", -telling)).sort(group, "_telling", "row")
    fixed = {"image", "image_id", group, "split", "_telling"}
    differ = cs.string() - cs.by_name(*fixed, require_all=False)
    rows = table.with_columns(
        pl.when(differ.n_unique().over(group) > 1).then(pl.lit(SEVERAL)).otherwise(differ).name.keep()
    )
    rows = rows.unique(group, keep="first", maintain_order=True)
    return rows.with_columns(image_id=pl.col(group)).drop("_telling")
