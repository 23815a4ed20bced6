"""The explanation as one self-contained HTML page, a table and a JSON file."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from markupsafe import Markup

from cutis.core.files import replacing, write_text
from cutis.explain import trust
from cutis.explain.charts import Line, chart
from cutis.explain.overlay import encoded, layer
from cutis.explain.photos import Explained, Explanation
from cutis.explain.sanity import ALIKE, Sanity
from cutis.explain.trust import judge, photo_finding, plain, signed
from cutis.pages.environment import environment

NAMES = {"map": "the map", "moved": "moved map", "centre": "the middle"}
STYLES = {"map": "main", "moved": "second", "centre": "third"}


def write_explanation(explanation: Explanation, out: Path) -> Path:
    """Write ``index.html``, ``explanations.csv`` and ``explain.json``.

    Returns:
        The page.
    """
    verdict = judge(explanation.summary, explanation.sanity, explanation.explainer.no_cascade)
    with replacing(out / "explanations.csv") as scratch:
        table(explanation).write_csv(scratch)
    write_text(
        out / "explain.json", json.dumps(facts(explanation, verdict), indent=1, ensure_ascii=False) + "\n"
    )
    page = out / "index.html"
    write_text(page, render(explanation, verdict))
    return page


def table(explanation: Explanation) -> pl.DataFrame:
    """One row per photo: what was said, and how well the map holds (empty where it was not scored)."""
    names = explanation.explainer.labels.names
    rows = []
    for photo in explanation.photos:
        score = photo.score
        rows.append(
            {
                "image_id": photo.item.image_id,
                "overlay": f"overlays/{photo.file}.png",
                "truth": photo.item.truth,
                "label": names[photo.answer.label],
                "probability": float(photo.answer.probabilities[photo.answer.label]),
                "largest_support": photo.most,
                "deletion": score and score.map.deletion_area,
                "insertion": score and score.map.insertion_area,
                "score": score and score.map.score,
                "score_by_chance": score and score.chance,
                "score_of_middle": score and score.centre.score,
                "moved_maps_beaten": score and score.beaten,
            }
        )
    floats = ("deletion", "insertion", "score", "score_by_chance", "score_of_middle")
    types: dict[str, Any] = dict.fromkeys(floats, pl.Float64) | {
        "moved_maps_beaten": pl.Int64,
        "truth": pl.String,
    }
    return pl.DataFrame(rows, schema_overrides=types)


def facts(explanation: Explanation, verdict: trust.Verdict) -> dict[str, Any]:
    """Plain data for ``explain.json``."""
    explainer = explanation.explainer
    return {
        "model": explainer.name,
        "method": explainer.method,
        "photos": len(explanation.photos),
        "unreadable": [{"path": str(f.path), "reason": f.reason} for f in explanation.failures],
        "verdict": asdict(verdict),
        "faithfulness": explanation.summary.to_dict() if explanation.summary else None,
        "randomised_weights": explanation.sanity.to_dict() if explanation.sanity else None,
    }


def render(explanation: Explanation, verdict: trust.Verdict) -> str:
    """The page's HTML."""
    explainer, summary = explanation.explainer, explanation.summary
    shown = [photo for photo in explanation.photos if photo.photo]
    template = environment("cutis.explain").get_template("explain.html")
    return template.render(
        explainer=explainer,
        verdict=verdict,
        summary=summary,
        sanity=explanation.sanity,
        total=len(explanation.photos),
        failures=explanation.failures,
        cards=[_card(photo, explanation) for photo in shown],
        hidden=len(explanation.photos) - len(shown),
        deletion=_curves(explanation, "deletion", "Share of the photo hidden"),
        insertion=_curves(explanation, "insertion", "Share of the photo shown"),
        weights=_depths(explanation.sanity) if explanation.sanity else "",
        scale=scale_uri(),
        signed=signed,
        plain=plain,
    )


def data_uri(content: bytes, kind: str) -> Markup:
    """An image inside the page."""
    return Markup(f"data:image/{kind};base64,{base64.b64encode(content).decode()}")


def scale_uri() -> Markup:
    """The colour scale as a picture one pixel high."""
    return data_uri(encoded(layer(np.linspace(0, 1, 128)[None]), "PNG"), "png")


def _card(photo: Explained, explanation: Explanation) -> dict[str, Any]:
    labels, answer = explanation.explainer.labels, photo.answer
    order = [int(i) for i in np.argsort(-answer.probabilities)]
    text = [label.text for label in labels.items]
    truth = photo.item.truth
    top, left, height, width = (f"{100 * share:.2f}%" for share in photo.window)
    return {
        "id": photo.item.image_id,
        "photo": data_uri(photo.photo, "webp"),
        "layer": data_uri(photo.layer, "webp"),
        "box": f"top:{top};left:{left};height:{height};width:{width}",
        "cut": photo.window != (0.0, 0.0, 1.0, 1.0),
        "explained": text[answer.label],
        "probability": float(answer.probabilities[answer.label]),
        "first": answer.label == order[0],
        "others": [(text[i], float(answer.probabilities[i])) for i in order if i != answer.label][:2],
        "truth": None if truth is None else (labels[truth].text if truth in labels else truth),
        "right": truth is not None and truth == labels.names[order[0]],
        "most": f"{photo.most:.2g}",
        "finding": photo_finding(photo.score) if photo.score else None,
        "score": photo.score.map.score - photo.score.chance if photo.score else None,
    }


def _curves(explanation: Explanation, kind: str, x_title: str) -> Markup | str:
    if kind not in explanation.curves:
        return ""
    lines = []
    for name, curve in explanation.curves[kind].items():
        x = np.linspace(0, 1, len(curve.value))
        # Two bands at most: a third would hide both.
        low, high = (curve.low, curve.high) if name != "centre" else (None, None)
        lines.append(Line(NAMES[name], STYLES[name], x, curve.value, low, high))
    return chart(lines, title=f"Mean probability, {kind}", x_title=x_title)


def _depths(sanity: Sanity) -> Markup:
    x = np.array([0.0, *(depth.share for depth in sanity.depths)])
    spearman = [depth.spearman for depth in sanity.depths]
    value = np.array([1.0, *(s.value for s in spearman)])
    low, high = np.array([1.0, *(s.low for s in spearman)]), np.array([1.0, *(s.high for s in spearman)])
    ssim = np.array([1.0, *(depth.ssim.value for depth in sanity.depths)])
    lines = [Line("rank corr.", "main", x, value, low, high), Line("structure", "second", x, ssim)]
    return chart(
        lines,
        title="Likeness to the trained network's maps",
        x_title="Share of layers shuffled",
        y_range=(-0.5, 1.0),
        y_ticks=(-0.5, 0, 0.5, 1),
        y_percent=False,
        rule=(ALIKE, f"limit {ALIKE}"),
    )
