"""A depth stack: images from the surface down, summed up as one curve of grade against depth."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.errors import ImageError
from cutis.imaging.mosaic import Mosaic, open_mosaic
from cutis.runtime.inputs import spelt
from cutis.runtime.map_facts import MapFacts

_FILES = ("curve.csv", "curve.svg", "curve.png", "stack.json")


@dataclass(frozen=True)
class Slice:
    """One image of a stack.

    Attributes:
        path: the file.
        frame: number of the image in its file, from 0; None where it holds one.
        depth: micrometres below the first slice; None where it is not known.
    """

    path: Path
    frame: int | None
    depth: float | None


@dataclass(frozen=True)
class Stack:
    """Slices in order, and what a user may want to know of their depths."""

    slices: tuple[Slice, ...]
    notes: tuple[str, ...]


def gather_stack(
    paths: Sequence[Path], step: float | None, open_image: Callable[..., Mosaic] = open_mosaic
) -> Stack:
    """The slices of a stack and their depths.

    Files are taken in the order given, and the images of a file in the order of the file. Depths come from
    ``step``, else from the files: the spacing between slices, else the position of each DICOM file.

    Args:
        paths: one file of several images, or several files.
        step: micrometres from one slice to the next; None to ask the files.
        open_image: opens a file as `open_mosaic` does.

    Raises:
        ImageError: a file cannot be read, or there is only one slice.
    """
    slices: list[Slice] = []
    steps: set[float | None] = set()
    for path in paths:
        with open_image(path, frame=0) as image:
            frames = image.frames
            steps.add(image.step)
            slices += [Slice(path, n if frames > 1 else None, image.depth) for n in range(frames)]
    if len(slices) < 2:
        raise ImageError(paths[0], "holds one image, and a depth stack needs several. Leave --stack out.")
    depths = [each.depth for each in slices]
    if step is None and len(paths) == len(slices) and len(set(depths)) == len(slices) and None not in depths:
        below = np.abs(np.array(depths, float) - float(depths[0] or 0))
        if np.all(np.diff(below) > 0):
            found = tuple(replace(s, depth=float(d)) for s, d in zip(slices, below, strict=True))
            return Stack(found, ())
    even = step if step is not None else next(iter(steps)) if len(steps) == 1 else None
    if even is None:
        unknown = "how deep the images lie is not known: the curve runs over their numbers (see --step)"
        return Stack(tuple(replace(each, depth=None) for each in slices), (unknown,))
    return Stack(tuple(replace(each, depth=n * even) for n, each in enumerate(slices)), ())


def write_curve(stack: Stack, facts: Sequence[MapFacts], out: Path) -> None:
    """Write the curve as table, picture and drawing, and ``stack.json``.

    Args:
        stack: the slices.
        facts: of each slice's map.
        out: folder to write to.
    """
    pairs = zip(stack.slices, facts, strict=True)
    rows = [_row(number, each, said) for number, (each, said) in enumerate(pairs, 1)]
    with (out / "curve.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows([{k: _text(v) for k, v in row.items()} for row in rows])
    about = {
        "notes": stack.notes,
        "model": f"{facts[0].model} {facts[0].version}",
        "rendered": facts[0].rendered,
        "columns": (
            "grade: mean expected grade of the graded tissue; grade_25, grade_75: what a quarter and three "
            "quarters of it do not exceed; depth_um: below the first slice"
        ),
        "slices": rows,
    }
    (out / "stack.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _draw(rows, facts[0], out)


def _row(number: int, each: Slice, said: MapFacts) -> dict[str, Any]:
    shares = {f"percent_{area.grade}": area.percent for area in said.areas}
    return {
        "slice": number,
        "image": spelt(each.path.name),
        "depth_um": each.depth,
        "grade": said.mean,
        "grade_25": said.middle[0],
        "grade_75": said.middle[2],
        "confidence": said.confidence[1],
        "tissue_percent": said.tissue_percent,
        **shares,
    }


def _text(value: Any) -> Any:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else value


def _draw(rows: list[dict[str, Any]], facts: MapFacts, out: Path) -> None:
    """The mean with the middle half of the tissue, from the surface on the left."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    known = all(row["depth_um"] is not None for row in rows)
    seen = [row for row in rows if row["grade"] is not None]
    x = [row["depth_um"] if known else row["slice"] for row in seen]
    style: Any = {"svg.hashsalt": "cutis", "svg.fonttype": "none", "font.size": 10}
    with mpl.rc_context(style):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.add_subplot()
        low, high = ([row[name] for row in seen] for name in ("grade_25", "grade_75"))
        axes.fill_between(x, low, high, color="#0b6e6e", alpha=0.18, linewidth=0)
        axes.plot(x, [row["grade"] for row in seen], color="#0b6e6e", marker="o", markersize=4, linewidth=1.5)
        axes.set_ylim(0, len(facts.grades) - 1)
        axes.set_yticks(range(len(facts.grades)), facts.grades)
        axes.set_ylabel("Grade", color="#5a6769")
        axes.set_xlabel("Depth below the first image, µm" if known else "Image number", color="#5a6769")
        if not known:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        title = "Mean grade of the tissue; the band holds its middle half"
        axes.set_title(title, loc="left", fontsize=10, color="#14191a")
        where = "rendered training images, not for care" if facts.rendered else "for research use"
        axes.text(
            1, -0.24, f"{facts.model} {facts.version}: {where}", transform=axes.transAxes, ha="right",
            fontsize=8, color="#5a6769",
        )  # fmt: skip
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color("#d9e0e0")
        axes.tick_params(colors="#5a6769", color="#d9e0e0")
        axes.grid(axis="y", color="#d9e0e0", linewidth=0.6)
        axes.set_axisbelow(True)
        figure.savefig(out / "curve.svg", metadata={"Date": None})
        figure.savefig(out / "curve.png", dpi=150)
