"""A grey image of any size, read in pieces: PNG, TIFF, DICOM, and photos that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import CutisError, ImageError
from cutis.imaging.formats import SNIFFED, image_format, not_an_image
from cutis.imaging.grey import COLOUR_NOTE, Levels, luma

COARSEST = 20.0  # micrometres per pixel; what is coarser is a resolution for printing


@dataclass(frozen=True, eq=False)
class Mosaic:
    """An open grey image.

    Attributes:
        path: the file.
        height: in pixels.
        width: in pixels.
        stored: (start, stop) to the stored values of those rows, (rows, width), of any number type.
        levels: how stored values become grey levels.
        spacing: micrometres per pixel; None when it is not known.
        notes: what a user may want to know, such as that colour was made grey.
        frames: images of this size in the file, such as the slices of a depth stack.
        step: micrometres from one frame to the next; None when it is not known.
        depth: micrometres of this image along the depth, on a scale of its own; None when it is not known.
        close: releases the file.
    """

    path: Path
    height: int
    width: int
    stored: Callable[[int, int], NDArray[Any]]
    levels: Levels = Levels()  # noqa: RUF009
    spacing: float | None = None
    notes: tuple[str, ...] = ()
    frames: int = 1
    step: float | None = None
    depth: float | None = None
    close: Callable[[], None] = lambda: None

    def rows(self, start: int, stop: int) -> NDArray[Any]:
        """Stored values of whole rows; reading downwards is fast.

        Raises:
            ImageError: the file is damaged there.
        """
        try:
            return self.stored(start, stop)
        except ImageError as error:
            raise ImageError(self.path, error.reason) from error
        except CutisError:
            raise
        except Exception as error:  # decoders meet damaged bytes with any exception that there is
            raise ImageError(self.path, damaged(error)) from error

    def read(self, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Grey levels of a window.

        Returns:
            (rows, columns) float32 from 0 to 255, NaN where a pixel is missing.

        Raises:
            ImageError: the file is damaged there.
        """
        start, stop, _ = rows.indices(self.height)
        return self.levels(self.rows(start, stop)[:, columns])

    def __enter__(self) -> Mosaic:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()


def open_mosaic(
    path: Path | str,
    *,
    frame: int | None = None,
    window: tuple[float, float] | None = None,
    spacing: float | None = None,
) -> Mosaic:
    """Open an image without reading it whole.

    PNG is read row by row, TIFF by its tiles or strips (the full-resolution level of a pyramid), DICOM by the
    frame or, where it is not compressed, by rows. Other formats, interlaced PNG and colour PNG of 16 bits are
    decoded whole.

    Args:
        path: the file.
        frame: which image of a file that holds several, from 0; None for a file that holds one.
        window: stored values that become 0 and 255, instead of what the file says.
        spacing: micrometres per pixel, instead of what the file says.

    Raises:
        ImageError: it cannot be used as an image, is truncated, or holds several and ``frame`` is None; the
            window's ends are the same, or the spacing is no length.
        MissingExtraError: a DICOM file, and pydicom is not installed.
    """
    place = Path(path)
    if window is not None and not (all(map(math.isfinite, window)) and window[0] != window[1]):
        reason = (
            f"cannot be shown from {window[0]:g} to {window[1]:g}. Give two different numbers as --window."
        )
        raise ImageError(place, reason)
    if spacing is not None and not 0 < spacing < math.inf:
        reason = f"cannot have {spacing:g} micrometres per pixel. Give a number above 0 as --spacing."
        raise ImageError(place, reason)
    try:
        mosaic = _opener(place)(place, frame or 0, window)
    except ImageError as error:
        raise ImageError(place, error.reason) from error
    except CutisError:
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ImageError(place, f"cannot be opened ({error.strerror}). Check the path.") from error
    except Exception as error:  # decoders meet damaged bytes with any exception that there is
        raise ImageError(place, damaged(error)) from error
    if mosaic.frames > 1 and frame is None:
        mosaic.close()
        reason = f"holds {mosaic.frames} images. Map them as a depth stack with --stack."
        raise ImageError(place, reason)
    return replace(mosaic, spacing=spacing) if spacing else mosaic


def damaged(error: Exception) -> str:
    """What to tell the user of an exception that a decoder raised."""
    text = " ".join(str(error).split()) or type(error).__name__
    if any(word in text.lower() for word in ("truncated", "unexpected end", "end of file", "incomplete")):
        return f"is truncated ({text}). Copy or download it again."
    return f"is damaged and cannot be decoded ({text}). Copy or download it again."


def plausible(spacing: float) -> tuple[float | None, str]:
    """A spacing that a microscope may have, or None and what to tell the user.

    Args:
        spacing: micrometres per pixel as a file says.
    """
    if 0 < spacing <= COARSEST:
        return spacing, ""
    if not np.isfinite(spacing) or spacing <= 0:
        return None, ""
    return None, (
        f"says {spacing:.4g} micrometres per pixel, which is a resolution for printing and was not used; "
        "give the true one with --spacing"
    )


def _opener(path: Path) -> Callable[[Path, int, tuple[float, float] | None], Mosaic]:
    with path.open("rb") as handle:
        head = handle.read(SNIFFED)
    if head[128:132] == b"DICM":
        from cutis.imaging.mosaic_dicom import open_dicom

        return open_dicom
    kind = image_format(head)
    if kind == "TIFF":
        from cutis.imaging.mosaic_tiff import open_tiff

        return open_tiff
    if kind == "PNG":
        from cutis.imaging.mosaic_png import open_png

        return open_png
    if kind is None:
        raise ImageError(path, not_an_image(head))
    return open_photo


def open_photo(path: Path, frame: int, window: tuple[float, float] | None) -> Mosaic:
    """Open an image of a format that is decoded whole.

    Raises:
        ImageError: see `cutis.imaging.read.decode`.
    """
    from cutis.imaging.read import decode

    photo = decode(path)
    grey, colour = photo.pixels[..., 0], False
    if any(not np.array_equal(grey, photo.pixels[..., other]) for other in (1, 2)):
        grey, colour = luma(photo.pixels), True
    whole = grey.copy()
    notes = (*photo.notes, *([COLOUR_NOTE] if colour else []))
    levels = Levels(*window) if window else Levels()
    height, width = whole.shape
    return Mosaic(path, height, width, lambda start, stop: whole[start:stop], levels, notes=notes)
