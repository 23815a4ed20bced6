"""RetinaMNIST: fundus photos with five grades of diabetic retinopathy, a public stand-in for ordinal grading.

Source: Yang et al. 2023, Scientific Data 10:41; medmnist.com. The photos are those of the DeepDRiD challenge.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cutis.data.importers import _medmnist
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer, Progress

GRADES = {grade: str(grade) for grade in range(5)}


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the official train, val (tune) and test parts."""
    return _medmnist.table(_medmnist.find(folder, "retinamnist"), GRADES, "grade", "fundus")


def unpack(folder: Folder, into: Path, progress: Progress) -> None:
    """Write the images as PNG."""
    _medmnist.unpack(_medmnist.find(folder, "retinamnist"), into, progress)


IMPORTER = Importer(
    name="retinamnist",
    title="RetinaMNIST: 1,600 fundus photos at 28 to 224 pixels, grades 0 to 4",
    licence="CC BY 4.0",
    source="Yang et al. 2023, Scientific Data 10:41, from DeepDRiD",
    target="grade",
    read=read,
    unpack=unpack,
    caution="Not skin: for trying ordinal grading on real photos. Patients are not named.",
)
