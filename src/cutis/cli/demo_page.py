"""The page that the demo ends with: what came out, where to read it, how to do it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.core.files import write_text
from cutis.core.manifest import read_manifest
from cutis.pages.environment import environment

LINKS = (
    (
        "report/report.html",
        "Evaluation report",
        "how often the model was right, with intervals, and its worst errors",
    ),
    (
        "explanation/index.html",
        "Saliency",
        "which part of each photo spoke for the answer, and whether to trust that",
    ),
    (
        "embedding.html",
        "Map of the photos",
        "photos that the model finds alike lie together; point at one to see it",
    ),
    ("predictions.csv", "Predictions", "one row per photo, with a probability for each disease"),
    ("photos/manifest.csv", "Manifest", "the photos and what is known of them"),
)


def write_index(out: Path, bundle: str, commands: Sequence[str]) -> Path:
    """Write ``index.html``.

    Args:
        out: folder of the demo, with everything in it already.
        bundle: name of the shipped bundle that was used.
        commands: what was run, as a user would type it.

    Returns:
        Path of the page.

    Raises:
        OutputError: it could not be written.
    """
    info = Bundle.open(zoo.path(bundle)).info
    manifest = read_manifest(out / "photos" / "manifest.csv", target="diagnosis")
    first = manifest.table.unique("diagnosis", keep="first", maintain_order=True).sort("diagnosis")
    sheet = [
        {"href": f"photos/{image}", "title": info.labels[name].text}
        for image, name in first.select("image", "diagnosis").iter_rows()
    ]
    template = environment("cutis.cli").get_template("demo.html")
    page = template.render(
        info=info,
        photos=len(manifest),
        answer=_answer(out / "report" / "metrics.json"),
        links=[{"href": href, "name": name, "what": what} for href, name, what in LINKS],
        sheet=sheet,
        commands=commands,
    )
    write_text(out / "index.html", page)
    return out / "index.html"


def _answer(metrics: Path) -> str:
    (figures,) = json.loads(metrics.read_text(encoding="utf-8"))["sources"].values()
    accuracy = figures["balanced_accuracy"]
    value, low, high = (round(100 * accuracy[key]) for key in ("value", "low", "high"))
    return f"{value} of 100 photos of each disease, on average, were named rightly ({low}–{high})."
