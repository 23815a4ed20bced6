"""What a map says in numbers, and what one must know to read its files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import floor, log10
from typing import Any

from cutis.core.bundle import Bundle
from cutis.imaging.mosaic import Mosaic
from cutis.runtime.cells import Tally
from cutis.runtime.inputs import spelt
from cutis.runtime.tiles import Grid
from cutis.runtime.tissue import TissueRule


@dataclass(frozen=True)
class Area:
    """How much of the graded tissue has a grade as its median one.

    Attributes:
        grade: name of the label.
        title: the same for people.
        percent: of the graded tissue; None where nothing was graded.
        mm2: square millimetres; None where the spacing is not known.
    """

    grade: str
    title: str
    percent: float | None
    mm2: float | None


@dataclass(frozen=True)
class MapFacts:
    """A map's summary and how its files are read (``map.json``).

    Attributes:
        image: name of the file.
        height: of the image in its own pixels.
        width: of the image in its own pixels.
        spacing: micrometres per pixel of the image; None where it is not known.
        frame: number of the image in its file, from 0.
        notes: what was done to the image.
        model: name of the bundle.
        version: of the bundle.
        digest: of the bundle.
        rendered: the model was trained on rendered images.
        expected_spacing: micrometres per pixel that the model expects; None where it does not say.
        scale: pixels of the image per pixel that was graded; not 1 where it was resampled.
        patch: side of the square that one answer is for, in the image's own pixels.
        stride: from one cell to the next, in the image's own pixels.
        offset: of the centre of the first cell, down and across, in the image's own pixels, whose first one
            reaches from 0 to 1.
        rows: cells down.
        columns: cells across.
        grades: names of the labels, lowest first.
        titles: the same for people.
        mean: expected grade averaged over the graded tissue; None where nothing was graded.
        middle: grades that 25, 50 and 75 percent of the graded tissue do not exceed.
        confidence: that 25, 50 and 75 percent of the graded tissue do not exceed.
        tissue_percent: cells that were graded, of those without missing pixels.
        missing_cells: cells that were not graded because a pixel is missing.
        tissue_rule: in words.
        areas: per grade.
    """

    image: str
    height: int
    width: int
    spacing: float | None
    frame: int | None
    notes: tuple[str, ...]
    model: str
    version: str
    digest: str
    rendered: bool
    expected_spacing: float | None
    scale: float
    patch: float
    stride: float
    offset: float
    rows: int
    columns: int
    grades: tuple[str, ...]
    titles: tuple[str, ...]
    mean: float | None
    middle: tuple[float | None, ...]
    confidence: tuple[float | None, ...]
    tissue_percent: float
    missing_cells: int
    tissue_rule: str
    areas: tuple[Area, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``map.json``."""
        return asdict(self) | {"reading": READING}

    @property
    def top(self) -> str:
        """Name of the highest grade."""
        return self.grades[-1]

    def mm2_text(self, area: Area) -> str:
        """Square millimetres, with as many decimals as give the largest area three digits."""
        if area.mm2 is None:
            return ""
        largest = max(other.mm2 or 0.0 for other in self.areas)
        decimals = min(6, max(0, 2 - floor(log10(largest)))) if largest > 0 else 0
        return f"{area.mm2:,.{decimals}f}"


READING = {
    "grade.tif": "float32, expected value of the grade (0 is the first of `grades`), NaN where not graded",
    "confidence.tif": "float32, probability of the likeliest grade, NaN where not graded",
    "class.tif": "uint8, number of the median grade, 255 where not graded",
    "coordinates": (
        "cell (row, column) stands for the square of `patch` pixels whose centre is "
        "(offset + row * stride, offset + column * stride) in pixels of the image; its first pixel reaches "
        "from 0 to 1"
    ),
    "areas.csv": "by the median grade; percent of the graded tissue; mm2 empty without a spacing",
    "confidence": "probability of the likeliest grade",
}


def facts_of(
    bundle: Bundle,
    image: Mosaic,
    grid: Grid,
    scale: float,
    tally: Tally,
    rule: TissueRule | None,
    *,
    notes: tuple[str, ...] = (),
    frame: int | None = None,
) -> MapFacts:
    """Sum up a map.

    Args:
        bundle: that graded.
        image: at its own scale.
        grid: of the cells.
        scale: pixels of the image per pixel that was graded; not 1 where it was resampled.
        tally: over all cells.
        rule: what is outside tissue; None where it was not asked.
        notes: what was done to the image.
        frame: which image of its file.
    """
    info = bundle.info
    whole = grid.rows * grid.columns - tally.missing
    missing_note = f"{tally.missing:,} places were not graded because of missing pixels (NaN)"
    rest = (missing_note,) if tally.missing else ()
    if image.spacing is None:
        rest = (*rest, "the micrometres per pixel are not known: no mm2; give them with --spacing")
    labels = [info.labels[name] for name in info.labels.names]
    return MapFacts(
        image=spelt(image.path.name),
        height=image.height,
        width=image.width,
        spacing=image.spacing,
        frame=frame,
        notes=(*notes, *rest),
        model=info.name,
        version=info.version,
        digest=bundle.digest,
        rendered=info.training.rendered,
        expected_spacing=info.dense.spacing if info.dense else None,
        scale=scale,
        patch=grid.patch * scale,
        stride=grid.stride * scale,
        offset=grid.patch * scale / 2,
        rows=grid.rows,
        columns=grid.columns,
        grades=info.labels.names,
        titles=tuple(label.text for label in labels),
        mean=tally.mean,
        middle=tuple(tally.grade_at(share) for share in (0.25, 0.5, 0.75)),
        confidence=tuple(tally.confidence_at(share) for share in (0.25, 0.5, 0.75)),
        tissue_percent=100 * tally.graded / whole if whole else 0.0,
        missing_cells=tally.missing,
        tissue_rule=rule.sentence(grid.patch, grid.stride) if rule else "Every place counts as tissue.",
        areas=_areas(labels, tally, grid.stride * scale, image.spacing),
    )


def _areas(labels: list[Any], tally: Tally, stride: float, spacing: float | None) -> tuple[Area, ...]:
    cell = None if spacing is None else (stride * spacing / 1000) ** 2
    return tuple(
        Area(
            label.name,
            label.text,
            100 * int(count) / tally.graded if tally.graded else None,
            None if cell is None else int(count) * cell,
        )
        for label, count in zip(labels, tally.named, strict=True)
    )
