"""The cells of a map: what is known of each place, kept on disk while the map is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cutis.core.labels import median_grade

NOT_GRADED = 255  # in `Cells.named`


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows of cells.

    Attributes:
        grade: (rows, columns) float32, expected value of the grade, 0 for the first label; NaN where the
            place is not graded.
        confidence: (rows, columns) float32, probability of the likeliest grade; NaN as above.
        named: (rows, columns) uint8, number of the median grade; `NOT_GRADED` as above.
        missing: (rows, columns) bool, not graded because a pixel is missing.
    """

    grade: NDArray[np.float32]
    confidence: NDArray[np.float32]
    named: NDArray[np.uint8]
    missing: NDArray[np.bool_]


def cells_of(
    probabilities: NDArray[np.float32], outside: NDArray[np.bool_], missing: NDArray[np.bool_]
) -> Cells:
    """Cells of a dense graph's answers.

    Args:
        probabilities: (labels, rows, columns), labels lowest grade first.
        outside: (rows, columns) outside tissue.
        missing: (rows, columns) with a missing pixel.
    """
    left_out = outside | missing
    numbers = np.arange(len(probabilities), dtype=np.float32)
    grade = np.tensordot(numbers, probabilities, 1).astype(np.float32)
    named = median_grade(probabilities, axis=0).astype(np.uint8)
    confidence = probabilities.max(axis=0)
    return Cells(
        np.where(left_out, np.float32(np.nan), grade),
        np.where(left_out, np.float32(np.nan), confidence),
        np.where(left_out, np.uint8(NOT_GRADED), named),
        missing,
    )


class Tally:
    """Counts over the cells of a map.

    Args:
        labels: how many grades there are.

    Attributes:
        named: (labels,) cells by their median grade.
        outside: cells outside tissue.
        missing: cells with a missing pixel.
    """

    _BINS = 1000

    def __init__(self, labels: int) -> None:
        self.named = np.zeros(labels, np.int64)
        self.outside = 0
        self.missing = 0
        self._grades = np.zeros(self._BINS, np.int64)
        self._confidences = np.zeros(self._BINS, np.int64)
        self._sum = 0.0

    def add(self, cells: Cells) -> None:
        """Count rows of cells."""
        graded = cells.named != NOT_GRADED
        self.named += np.bincount(cells.named[graded], minlength=len(self.named))
        self.missing += int(cells.missing.sum())
        self.outside += int((~graded & ~cells.missing).sum())
        grades = cells.grade[graded]
        self._sum += float(grades.sum(dtype=np.float64))
        self._grades += self._counted(grades / max(1, len(self.named) - 1))
        self._confidences += self._counted(cells.confidence[graded])

    @property
    def graded(self) -> int:
        """Cells that have a grade."""
        return int(self.named.sum())

    @property
    def mean(self) -> float | None:
        """Mean expected grade; None where no cell has one."""
        return self._sum / self.graded if self.graded else None

    def grade_at(self, share: float) -> float | None:
        """Grade that this share of cells does not exceed, to a thousandth of the scale."""
        found = self._quantile(self._grades, share)
        return None if found is None else found * max(1, len(self.named) - 1)

    def confidence_at(self, share: float) -> float | None:
        """Confidence that this share of cells does not exceed, to a thousandth."""
        return self._quantile(self._confidences, share)

    def _counted(self, shares: NDArray[Any]) -> NDArray[np.int64]:
        places = np.clip((shares * self._BINS).astype(np.int64), 0, self._BINS - 1)
        return np.bincount(places, minlength=self._BINS)

    def _quantile(self, counts: NDArray[np.int64], share: float) -> float | None:
        if not counts.sum():
            return None
        place = int(np.searchsorted(counts.cumsum(), share * counts.sum()))
        return (min(place, self._BINS - 1) + 0.5) / self._BINS


class CellFiles:
    """Cells on disk, written from the top down and read by rows.

    Args:
        folder: to write to.
        columns: of the map.
    """

    KINDS: ClassVar[dict[str, Any]] = {"grade": np.float32, "confidence": np.float32, "named": np.uint8}

    def __init__(self, folder: Path, columns: int) -> None:
        self._folder, self._columns = folder, columns
        self.rows = 0

    def add(self, cells: Cells) -> None:
        """Write the next rows."""
        for kind in self.KINDS:
            with self._place(kind).open("ab") as out:
                out.write(np.ascontiguousarray(getattr(cells, kind)).tobytes())
        self.rows += len(cells.grade)

    def read(self, kind: str, start: int, stop: int) -> NDArray[Any]:
        """Rows of ``grade``, ``confidence`` or ``named``."""
        size = np.dtype(self.KINDS[kind]).itemsize * self._columns
        with self._place(kind).open("rb") as file:
            file.seek(start * size)
            content = file.read((stop - start) * size)
        return np.frombuffer(content, self.KINDS[kind]).reshape(-1, self._columns)

    def delete(self) -> None:
        """Remove the files."""
        for kind in self.KINDS:
            self._place(kind).unlink(missing_ok=True)

    def _place(self, kind: str) -> Path:
        return self._folder / f".{kind}.raw"
