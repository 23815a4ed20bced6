"""The flat map as an interactive page that needs nothing but itself, and as a still figure."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from cutis.core.files import replacing, write_text
from cutis.core.labels import Labels
from cutis.explain import palette
from cutis.explain.cases import Cases
from cutis.explain.embedding import ALIKE, Separation, label_places, nearest, separation
from cutis.explain.sprites import pack
from cutis.explain.trust import percent
from cutis.pages.environment import environment

_SPAN = 65535  # positions are stored as 16-bit whole numbers
_WAYS = np.pi / 2 + np.pi / 8 * np.array(
    [0, 8, 4, 12, 2, 14, 6, 10, 1, 15, 7, 9, 3, 13, 5, 11]
)  # above first
_GROUP_WORDS = {"patient_id": ("Patient", "patients"), "lesion_id": ("Lesion", "lesions")}


@dataclass(frozen=True, eq=False)
class MapOfCases:
    """Everything that the page and the figure show.

    Attributes:
        cases: the photos.
        positions: (photos, 2).
        labels: of the model.
        model: its name.
        title: of its task.
        group: name of the manifest's group column; ``image_id`` when each photo stands for itself.
        rendered: the model was trained on rendered images.
        full: how classes separate in the embedding; None where labels do not allow it.
        flat: and on the map.
    """

    cases: Cases
    positions: NDArray[np.float64]
    labels: Labels
    model: str
    title: str
    group: str
    rendered: bool
    full: Separation | None
    flat: Separation | None


def measured(
    cases: Cases,
    positions: NDArray[np.float64],
    labels: Labels,
    *,
    model: str,
    title: str,
    group: str,
    rendered: bool,
    rng: np.random.Generator,
) -> MapOfCases:
    """Put a map together and measure how classes separate in it."""
    known, groups = cases.labels, cases.groups
    full = separation(cases.vectors, known, groups, rng)
    flat = separation(positions, known, groups, rng, cosine=False)
    return MapOfCases(cases, positions, labels, model, title, group, rendered, full, flat)


def facts(found: MapOfCases) -> dict[str, Any]:
    """Plain data for the JSON beside the page."""
    return {
        "model": found.model,
        "photos": len(found.cases.items),
        "group": found.group,
        "unreadable": [{"path": str(f.path), "reason": f.reason} for f in found.cases.failures],
        "separation": found.full.to_dict() if found.full else None,
        "separation_on_the_map": found.flat.to_dict() if found.flat else None,
    }


def write_page(found: MapOfCases, path: Path) -> int:
    """Write the interactive page.

    Returns:
        Its size in bytes.
    """
    write_text(path, render(found))
    return path.stat().st_size


def render(found: MapOfCases) -> str:
    """The page's HTML."""
    pictures = sum(picture is not None for picture in found.cases.pictures)
    template = environment("cutis.explain").get_template("embed.html")
    one, many = _GROUP_WORDS.get(found.group, ("Group", "groups"))
    return template.render(
        model=found.model,
        title=found.title,
        total=len(found.cases.items),
        pictures=pictures,
        labelled=_labelled(found),
        separation=found.full,
        flat=found.flat,
        groups_word=many if found.group != "image_id" else "photos",
        no_separation=_why_not(found),
        rendered=found.rendered,
        failures=len(found.cases.failures),
        percent=percent,
        data=_script_json(_data(found, one, many)),
    )


def _labelled(found: MapOfCases) -> bool:
    return any(label is not None for label in found.cases.labels)


def _why_not(found: MapOfCases) -> str:
    if not _labelled(found):
        return (
            "The photos have no labels here, so colours show the model's answers and nothing is measured. "
            "Give a manifest to see how classes separate."
        )
    return "Too few labelled photos, classes or groups to measure how classes separate."


def _classes(found: MapOfCases) -> list[tuple[str, str]]:
    """Name and title of every class that occurs, the model's first."""
    occurring = {label for label in found.cases.labels if label is not None} | set(found.cases.predictions)
    own = [(label.name, label.text) for label in found.labels.items if label.name in occurring]
    return own + [(name, name) for name in sorted(occurring - set(found.labels.names))]


def _data(found: MapOfCases, group_name: str, groups_word: str) -> dict[str, Any]:
    cases = found.cases
    classes = _classes(found)
    number = {name: i for i, (name, _) in enumerate(classes)}
    low, span = found.positions.min(0), float(np.ptp(found.positions, axis=0).max()) or 1.0
    offset = (1 - np.ptp(found.positions, axis=0) / span) / 2  # the shorter axis stands in the middle

    def scaled(xy: NDArray[Any]) -> NDArray[np.float64]:
        unit = (xy - low) / span + offset
        unit[..., 1] = 1 - unit[..., 1]  # screens count downwards
        result: NDArray[np.float64] = unit * _SPAN
        return result

    places = {"label": label_places(found.positions, cases.labels)}
    places["prediction"] = label_places(found.positions, cases.predictions)
    place = {
        key: {name: [round(float(v)) for v in scaled(np.array(xy))] for name, xy in of_key.items()}
        for key, of_key in places.items()
    }
    points = scaled(found.positions).round().astype(np.uint16)
    sheets = pack(cases.pictures, cases.side)
    return {
        "labelled": _labelled(found),
        "group": list(cases.groups) if found.group != "image_id" else None,
        "group_name": group_name,
        "groups_word": groups_word,
        "unknown": palette.UNKNOWN,
        "classes": [
            {"title": title, "places": {key: place[key].get(name) for key in place}} | palette.style(i)
            for i, (name, title) in enumerate(classes)
        ],
        "id": [item.image_id for item in cases.items],
        "label": [-1 if label is None else number[label] for label in cases.labels],
        "prediction": [number[name] for name in cases.predictions],
        "probability": [round(float(p), 3) for p in cases.probabilities],
        "x": _base64(points[:, 0]),
        "y": _base64(points[:, 1]),
        "near": _base64(nearest(cases.vectors, cases.groups, ALIKE).astype(np.int32)),
        "sheets": {
            "side": sheets.side,
            "across": sheets.across,
            "uris": sheets.sheets,
            "place": sheets.place,
        },
    }


def _base64(values: NDArray[Any]) -> str:
    ordered = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return base64.b64encode(ordered.tobytes()).decode()


def _script_json(data: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def write_figure(found: MapOfCases, paths: Sequence[Path]) -> None:
    """Draw the map as a still figure: marks as well as colours, names at their classes.

    Args:
        found: the map.
        paths: ``.svg`` (points as pixels, text as outlines) and ``.png``.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    cases = found.cases
    shown = cases.labels if _labelled(found) else cases.predictions
    places = label_places(found.positions, shown)
    width, height = np.ptp(found.positions, axis=0)
    tall = float(np.clip(height / width, 0.4, 1)) if width else 1.0
    with mpl.rc_context({"svg.hashsalt": "cutis", "font.size": 9}):
        rows = -(-len(set(shown)) // 3)
        figure = Figure(figsize=(7.2, 1.2 + 6.0 * tall + 0.22 * rows), dpi=200, layout="constrained")
        axes = figure.add_subplot()
        axes.set_axis_off()
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.12, 0.12)  # room for names
        size = 26 if len(shown) < 800 else 12 if len(shown) < 4000 else 5
        for number, (name, title) in enumerate(_classes(found)):
            own = np.array([label == name for label in shown])
            if not own.any():
                continue
            style = palette.style(number)
            mark: Any = palette.MATPLOTLIB_MARKS[style["mark"]]
            points = found.positions[own]
            axes.scatter(
                points[:, 0], points[:, 1], s=size, c=style["light"], marker=mark, linewidths=0, alpha=0.85,
                rasterized=True, zorder=2 + 1 / own.sum(), label=f"{title} ({own.sum():,})",
            )  # fmt: skip
        unknown = np.array([label is None for label in shown])
        if unknown.any():
            points = found.positions[unknown]
            axes.scatter(
                points[:, 0], points[:, 1], s=size, c=palette.UNKNOWN[0], marker="o", linewidths=0, alpha=0.5,
                rasterized=True, zorder=1, label=f"no label ({unknown.sum():,})",
            )  # fmt: skip
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, frameon=False, markerscale=1.5)
        figure.suptitle(_caption(found), x=0.02, ha="left", fontsize=9, color="#14191a")
        names = [(title, places[name]) for name, title in _classes(found) if name in places]
        _name_classes(figure, axes, found.positions, names)
        for path in paths:
            with replacing(path) as scratch:
                figure.savefig(
                    scratch,
                    format=path.suffix[1:],
                    metadata=None if path.suffix == ".png" else {"Date": None},
                )


def _name_classes(
    figure: Any, axes: Any, positions: NDArray[np.float64], names: Sequence[tuple[str, tuple[float, float]]]
) -> None:
    """Write names where they hide no photo; without such a place near its class only the legend has it."""
    figure.draw_without_rendering()
    points = axes.transData.transform(positions)
    inside = axes.get_window_extent()
    taken: list[Any] = []
    for title, place in names:
        text = axes.text(*place, title, ha="center", va="center", weight="bold", color="#14191a", zorder=4)
        box = text.get_window_extent()
        line, start = box.height, axes.transData.transform(place)
        for distance, way in product(np.arange(0.6, 3.2, 0.3) * line, _WAYS):
            step = np.cos(way) * (box.width / 2 + distance), np.sin(way) * (line / 2 + distance)
            moved = box.translated(*step)
            hidden = np.all((points > moved.min - line / 2) & (points < moved.max + line / 2), axis=1)
            out = not (inside.contains(*moved.min) and inside.contains(*moved.max))
            if not (out or hidden.any() or any(moved.overlaps(other.padded(line / 4)) for other in taken)):
                text.set_position(axes.transData.inverted().transform(start + step))
                taken.append(moved)
                break
        else:
            text.remove()


def _caption(found: MapOfCases) -> str:
    first = f"{len(found.cases.items):,} photos as {found.model} sees them"
    if not _labelled(found):
        return f"{first}, by the model's answer"
    if found.full is None:
        return f"{first}, by label"
    return (
        f"{first}, by label. The {found.full.neighbours} nearest of other groups name the class of\n"
        f"{percent(found.full.balanced)}, balanced over {found.full.classes} classes. "
        "Far distances mean nothing."
    )
