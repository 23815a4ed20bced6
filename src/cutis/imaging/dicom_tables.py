"""What the lookup tables of a grey DICOM image make of its stored pixels (PS3.3 C.11.1, C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError

PALETTE = "PALETTE COLOR"


@dataclass(frozen=True, eq=False)
class Table:
    """One lookup table.

    Attributes:
        first: input value of the first entry; what is below has it too, what is past the last the last.
        values: (entries,) uint16.
        top: the largest value that its bits can hold.
    """

    first: int
    values: NDArray[np.uint16]
    top: float

    def __call__(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """Values of any shape, looked up."""
        whole = np.clip(np.rint(values) - self.first, 0, len(self.values) - 1)
        found: NDArray[np.uint16] = self.values[whole.astype(np.intp)]
        return found


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of an image, one after the other.

    Attributes:
        modality: stored values to the device's own; where None these are ``slope * stored + intercept``.
        voi: the device's values to those of interest; None without such a table.
        missing: stored value of pixels that were not taken; None when there is none.
    """

    modality: Table | None
    voi: Table | None
    slope: float = 1.0
    intercept: float = 0.0
    missing: float | None = None

    @property
    def top(self) -> float:
        """The largest value that comes out; the smallest is 0."""
        last = self.voi or self.modality
        assert last is not None
        return last.top

    def __call__(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Stored pixels of any shape, looked up: uint16, or float32 with NaN where pixels are missing."""
        values = self.modality(stored) if self.modality else stored
        if self.voi:
            if not self.modality and (self.slope, self.intercept) != (1, 0):
                values = values * self.slope + self.intercept
            values = self.voi(values)
        if self.missing is None:
            return values
        return np.where(stored == self.missing, np.float32(np.nan), values.astype(np.float32))


def tables_of(name: Path, data: Any, *, voi: bool = True) -> Tables | None:
    """The tables of an image; None where it has none, as most do.

    Args:
        name: of the file, for messages.
        data: the pydicom data set.
        voi: also those of values of interest, which a window that a user gives takes the place of.

    Raises:
        ImageError: a table is damaged.
    """
    if int(data.get("SamplesPerPixel", 1)) > 1 or str(data.get("PhotometricInterpretation")) == PALETTE:
        return None  # of grey only
    modality = _table(name, data, "ModalityLUTSequence", int(data.get("PixelRepresentation", 0)) == 1)
    slope, intercept = (1.0, 0.0) if modality else rescaling(data)
    signed = modality is None and (intercept < 0 or int(data.get("PixelRepresentation", 0)) == 1)
    interest = _table(name, data, "VOILUTSequence", signed) if voi else None
    if modality is None and interest is None:
        return None
    return Tables(modality, interest, slope, intercept, number_of(data, "PixelPaddingValue"))


def rescaling(data: Any) -> tuple[float, float]:
    """Slope and intercept that make stored values the device's own; 1 and 0 where nothing is said."""
    return number_of(data, "RescaleSlope") or 1.0, number_of(data, "RescaleIntercept") or 0.0


def number_of(data: Any, name: str) -> float | None:
    """The first value of an attribute; None where it is missing or empty, as many devices leave windows."""
    value = data.get(name)
    found = np.atleast_1d(value if value is not None else [])
    return float(found[0]) if len(found) and found[0] not in (None, "") else None


def _table(name: Path, data: Any, sequence: str, signed: bool) -> Table | None:
    items = data.get(sequence)
    if not items:
        return None
    said, content = items[0].get("LUTDescriptor"), items[0].get("LUTData")
    try:
        entries, first, bits = (int(number) for number in said)
    except (TypeError, ValueError):
        entries, first, bits = 0, 0, 0
    entries = entries % 2**16 or 2**16  # 0 says all; beside a first value below 0 it may be written signed
    found = _entries(data, content, entries, packed=bits == 8)
    if not 1 <= bits <= 16 or len(found) < entries:
        raise ImageError(
            name,
            f"has a lookup table ({sequence}) of {len(found):,} entries with {bits} bits, where {entries:,} "
            "entries of 1 to 16 bits are due. Export it again.",
        )
    if signed and first >= 2**15:  # written as unsigned
        first -= 2**16
    return Table(first, found[:entries], float(2**bits - 1))


def _entries(data: Any, content: Any, entries: int, *, packed: bool) -> NDArray[np.uint16]:
    if content is None:
        return np.zeros(0, np.uint16)
    if not isinstance(content, bytes):
        return (np.atleast_1d(np.asarray(content, np.int64)) & 0xFFFF).astype(np.uint16)
    if packed and len(content) < 2 * entries:  # two in a word
        return np.frombuffer(content, np.uint8).astype(np.uint16)
    meta = getattr(data, "file_meta", None)
    little = meta is None or meta.TransferSyntaxUID.is_little_endian
    whole = content[: len(content) // 2 * 2]
    return np.frombuffer(whole, "<u2" if little else ">u2").astype(np.uint16)
