"""DermaMNIST: HAM10000 at 28, 64, 128 or 224 pixels, with MedMNIST's split.

Source: Yang et al. 2023, Scientific Data 10:41; medmnist.com. Its split is by image: photos of one lesion
stand in several parts (Abhishek, Jain, Hamarneh 2025, Scientific Data 12:196).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from cutis.data.importers import _medmnist
from cutis.data.importers._folder import Folder
from cutis.data.importers._importer import Importer, Progress

LABELS = dict(enumerate(("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")))


def read(folder: Folder) -> pl.DataFrame:
    """Rows of the official train, val (tune) and test parts."""
    return _medmnist.table(_medmnist.find(folder, "dermamnist"), LABELS, "dx", "dermoscopic")


def unpack(folder: Folder, into: Path, progress: Progress) -> None:
    """Write the images as PNG."""
    _medmnist.unpack(_medmnist.find(folder, "dermamnist"), into, progress)


IMPORTER = Importer(
    name="dermamnist",
    title="DermaMNIST: 10,015 dermoscopic images at 28 to 224 pixels, 7 classes",
    licence="CC BY-NC 4.0",
    source="Yang et al. 2023, Scientific Data 10:41, from HAM10000",
    target="dx",
    read=read,
    unpack=unpack,
    caution="Lesions are not named and stand in several parts of the official split: figures on it flatter.",
)
