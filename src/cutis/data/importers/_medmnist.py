"""MedMNIST: sets that are published as one ``.npz`` file of arrays, in four sizes.

The arrays ``train_images``, ``val_images`` and ``test_images`` are (images, height, width, 3) uint8, the
labels (images, 1). Images are read one after the other, so that memory does not grow with the file.

Source: Yang et al. 2023, Scientific Data 10:41, doi:10.1038/s41597-022-01721-8; medmnist.com.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import CutisError
from cutis.data.importers._folder import Folder

_AGAIN = "Fetch the file again from medmnist.com."
SPLITS = {"train": "train", "val": "tune", "test": "test"}


def find(folder: Folder, name: str) -> Path:
    """The one file of that set: ``NAME.npz`` (28 pixels), ``NAME_64.npz`` and so on.

    Raises:
        CutisError: there is none, or several.
    """
    wanted = [f"{name}.npz", *(f"{name}_{size}.npz" for size in (64, 128, 224))]
    found = [file for pattern in wanted if (file := folder.find(pattern))]
    if not found:
        raise folder.lacks(*wanted)
    if len(found) > 1:
        mend = "Name the one to import instead of the folder."
        raise CutisError(f"{folder.path}: holds {', '.join(found)}. {mend}")
    return folder.path / found[0]


def table(path: Path, labels: Mapping[int, str], target: str, modality: str) -> pl.DataFrame:
    """The rows of a file, in its order; images are called ``train/00000.png`` and so on.

    Raises:
        CutisError: the file is damaged or is not one of MedMNIST, or a label is not one of those of the set.
    """
    rows: dict[str, list[str]] = {"image": [], "image_id": [], target: [], "split": []}
    for part, split in SPLITS.items():
        numbers = np.concatenate([*_items(path, f"{part}_labels"), np.empty(0, np.int64)])
        shape = _shape(path, f"{part}_images")
        if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3 or shape[0] != len(numbers):
            what = f"{part}_images has the shape {shape}, not that of {len(numbers)} square colour images."
            raise CutisError(f"{path}: {what} {_AGAIN}")
        for number, label in enumerate(numbers.tolist()):
            if label not in labels:
                what = f"{part}_labels[{number}] is {label}, not one of {list(labels)}."
                raise CutisError(f"{path}: {what} {_AGAIN}")
            rows["image"].append(f"{split}/{number:05d}.png")
            rows["image_id"].append(f"{split}_{number:05d}")
            rows[target].append(labels[label])
            rows["split"].append(split)
    return pl.DataFrame(rows).with_columns(modality=pl.lit(modality))


def unpack(path: Path, into: Path, progress: Callable[[int], None]) -> None:
    """Write every image as PNG under the name that `table` gives it."""
    for part, split in SPLITS.items():
        (into / split).mkdir()
        for number, pixels in enumerate(_items(path, f"{part}_images")):
            Image.fromarray(pixels).save(into / split / f"{number:05d}.png", compress_level=3)
            progress(1)


def _items(path: Path, name: str) -> Iterator[NDArray[np.generic]]:
    """The items of an array of the file along its first axis, one at a time."""
    with _opened(path, name) as (handle, shape, dtype):
        size = int(np.prod(shape[1:])) * dtype.itemsize
        for _ in range(shape[0]):
            raw = handle.read(size)
            if len(raw) < size:
                raise CutisError(f"{path}: {name} ends too early. {_AGAIN}")
            yield np.frombuffer(raw, dtype).reshape(shape[1:])


def _shape(path: Path, name: str) -> tuple[int, ...]:
    with _opened(path, name) as (_, shape, _):
        return shape


@contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[IO[bytes], tuple[int, ...], np.dtype[np.generic]]]:
    """An array of the file, opened after its header: numpy itself would read it whole."""
    headers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as handle:
            shape, by_column, dtype = headers[np.lib.format.read_magic(handle)](handle)
            if by_column or dtype.kind not in "iu":
                raise ValueError(f"{name} does not hold whole numbers row by row")
            yield handle, shape, dtype
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError) as error:
        raise CutisError(f"{path}: is not a whole MedMNIST file ({error}). {_AGAIN}") from error
