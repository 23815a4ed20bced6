"""Many photos enhanced into a folder, with a table of what was done to each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cutis.core.errors import ImageError, OutputError
from cutis.core.files import replacing, write_text
from cutis.imaging.enhance.steps import Enhanced, Enhancement, enhance
from cutis.imaging.read import read_rgb

COLUMNS = (
    *("image", "image_id", "noise_before", "noise_after", "light_red", "light_blue", "card"),
    *("patches", "mm_per_pixel", "colour_error_before", "colour_error_after"),
    *("clipped_before", "clipped_after", "words"),
)
_UNSAFE = re.compile(r"[^\w.\-/ ]")
_QUICK = 1  # of zlib: photos are noise to it, and more effort hardly makes them smaller


@dataclass(frozen=True)
class Written:
    """What `write_enhanced` did.

    Attributes:
        images: path of each photo's enhanced one, relative to the folder; None where it could not be read.
        table: ``enhancement.csv``.
        cards: photos in which a card was used.
        unreadable: what is wrong with the others.
    """

    images: tuple[str | None, ...]
    table: Path
    cards: int
    unreadable: tuple[ImageError, ...]


def write_enhanced(
    names: Sequence[str],
    paths: Sequence[Path | str],
    out: Path,
    enhancement: Enhancement | None = None,
    *,
    progress: Callable[[int], None] | None = None,
    tell: Callable[[str, Enhanced], None] | None = None,
) -> Written:
    """Enhance photos one after the other.

    Args:
        names: of the photos, all different; they name the files.
        paths: of the photos.
        out: folder; images come to ``images/<name>.png``, figures to ``enhancement.csv``.
        enhancement: what is to be done.
        progress: called with 1 after each photo.
        tell: called with each photo's name and what was done to it.

    Raises:
        OutputError: the folder cannot be written to, or holds photos that would be replaced.
    """
    taken: set[str] = set()
    places = [_place(name, taken) for name in names]
    originals = {Path(path).resolve() for path in paths}
    lost = next((place for place in places if (out / place).resolve() in originals), None)
    if lost is not None:
        raise OutputError(f"{out / lost}: is a photo itself and would be replaced. Choose another --out.")
    rows: list[dict[str, object]] = []
    images: list[str | None] = []
    unreadable: list[ImageError] = []
    for name, path, place in zip(names, paths, places, strict=True):
        try:
            done = enhance(read_rgb(path), enhancement)
        except ImageError as error:
            unreadable.append(error)
            images.append(None)
        else:
            _write_png(out / place, done.image)
            rows.append(_row(place, name, done))
            images.append(place)
            if tell:
                tell(name, done)
        if progress:
            progress(1)
    table = out / "enhancement.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(table, text.getvalue())
    return Written(tuple(images), table, sum(row["card"] == "used" for row in rows), tuple(unreadable))


def _place(name: str, taken: set[str]) -> str:
    """A path within the folder, whatever a photo is called."""
    parts = [part for part in _UNSAFE.sub("_", name).split("/") if part not in ("", ".", "..")]
    stem = place = "/".join(["images", *(parts or ["photo"])])
    number = 1
    while place.lower() in taken:
        number += 1
        place = f"{stem}-{number}"
    taken.add(place.lower())
    return f"{place}.png"


def _write_png(path: Path, image: NDArray[np.uint8]) -> None:
    from PIL import Image

    with replacing(path) as scratch:
        Image.fromarray(image).save(scratch, "PNG", compress_level=_QUICK)


def _row(place: str, name: str, done: Enhanced) -> dict[str, object]:
    card = done.card
    return {
        "image": place,
        "image_id": name,
        "noise_before": f"{done.noise_before:.2f}",
        "noise_after": f"{done.noise_after:.2f}",
        "light_red": f"{done.illuminant[0]:.3f}",
        "light_blue": f"{done.illuminant[2]:.3f}",
        "card": "used" if card else "",
        "patches": int(card.usable.sum()) if card else "",
        "mm_per_pixel": f"{card.mm_per_pixel:.4f}" if card else "",
        "colour_error_before": _known(done.colour_error_before),
        "colour_error_after": _known(done.colour_error_after),
        "clipped_before": f"{done.clipped_before:.4f}",
        "clipped_after": f"{done.clipped_after:.4f}",
        "words": " ".join(done.words),
    }


def _known(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
