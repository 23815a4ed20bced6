"""What is known of the findings beside the main question, from columns ``severity_<finding>``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cutis.core.errors import ManifestError
from cutis.core.labels import Label
from cutis.core.manifest import Manifest

PREFIX = "severity_"
PRESENT, ABSENT = 0.4, 0.2  # severities between are too faint to call either


def finding_targets(part: Manifest, findings: Sequence[str]) -> NDArray[np.float32]:
    """Which findings each photo shows.

    Args:
        part: rows with a column ``severity_<finding>`` from 0 (nothing visible) to 1 for each finding that
            was looked for; an empty cell, or no column, is not known.
        findings: names.

    Returns:
        (rows, findings) 1 present, 0 absent, NaN not known or in between.

    Raises:
        ManifestError: cells that are no number from 0 to 1; all of them are named.
    """
    known = np.full((len(part), len(findings)), np.nan, dtype=np.float32)
    problems: list[str] = []
    for place, name in enumerate(findings):
        column = PREFIX + name
        if column not in part.table.columns:
            continue
        cells = part.table[column].cast(pl.String)
        severity = cells.cast(pl.Float64, strict=False)
        wrong = cells.is_not_null() & ~severity.is_between(0, 1).fill_null(False)
        problems += [
            f"{part.path}:{row}: {column} is '{cell}', not a number from 0 to 1. "
            "Correct the cell, or leave it empty if this was not looked for."
            for row, cell in zip(part.table["row"].filter(wrong), cells.filter(wrong), strict=True)
        ]
        value = severity.to_numpy()  # missing cells become NaN
        known[value >= PRESENT, place] = 1
        known[value <= ABSENT, place] = 0
    if problems:
        raise ManifestError(problems)
    return known


def findings_in(manifest: Manifest, findings: Sequence[Label]) -> tuple[Label, ...]:
    """Those findings that the manifest says anything of."""
    return tuple(label for label in findings if PREFIX + label.name in manifest.table.columns)
