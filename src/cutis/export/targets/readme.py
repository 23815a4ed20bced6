"""What lies in an exported folder and how to use it, for people."""

from __future__ import annotations

from pathlib import Path

from cutis.core.bundle import BundleInfo
from cutis.export.targets.facts import RENDERED, RESEARCH
from cutis.export.targets.measure import Figures
from cutis.export.targets.parity import INT8

_TEXTS = Path(__file__).parent / "files" / "readme"


def readme(info: BundleInfo, figures: Figures, runtime: bool = False) -> str:
    """README.md of an exported folder.

    Args:
        info: of what was exported.
        figures: what was measured.
        runtime: whether onnxruntime-web lies in the folder.
    """
    parts = [
        f"# {info.title} ({info.name} {info.version}, {figures.target})",
        "",
        RESEARCH,
        *([f"**{RENDERED}**"] if info.training.rendered else []),
        f"Licence of the model: {info.licence or 'not stated'}.",
        "",
        _text("common"),
        _use(info, figures, runtime),
        "## Measured when this was written",
        "",
        "| | exported | bundle |",
        "| --- | ---: | ---: |",
        *(f"| {name} | {ours} | {theirs} |" for name, ours, theirs in figures.rows()),
        "",
        "Times are those of ONNX Runtime on the machine that wrote this, in turn with the bundle.",
        "Another device takes its own.",
    ]
    if info.patient:
        parts += [
            "",
            "Thresholds are for one lesion. The answer for a patient with several is made from all of them,",
            "see `patient` in `model.json`.",
        ]
    return "\n".join(parts) + "\n"


def _use(info: BundleInfo, figures: Figures, runtime: bool) -> str:
    if figures.target == "web":
        here = "onnxruntime-web lies in `onnxruntime-web/`; nothing else is loaded."
        todo = (
            "Put `ort.wasm.min.mjs`, `ort-wasm-simd-threaded.mjs` and `ort-wasm-simd-threaded.wasm` of "
            "onnxruntime-web (npm, folder `dist`) into `onnxruntime-web/`."
        )
        return _text("web").format(runtime=here if runtime else todo)
    if figures.target == "phone":
        drawn = "Rendered photos are not skin: measure it on real ones.\n" if _drawn(figures) else ""
        return _text("phone").format(
            name=info.name,
            answers=INT8.answers,
            points=INT8.points,
            largest=INT8.largest,
            mean=INT8.mean,
            origin=figures.parity.origin,
            rendered=drawn,
        )
    height, width = figures.timed
    scale = (
        f"Pixels are taken as they are: they must have the scale of a patch of {info.size} in training."
        if info.native
        else "Crop the frame to this shape; scale it antialiased (average blocks of pixels)."
    )
    grey = " The model maps grey images: red, green and blue are the same." if info.dense else ""
    return _text("camera").format(height=height, width=width, grey=grey, scale=scale, tolerance="1e-3")


def _text(name: str) -> str:
    return (_TEXTS / f"{name}.md").read_text(encoding="utf-8")


def _drawn(figures: Figures) -> bool:
    """The photos that judged an export were drawn."""
    return figures.parity.origin.startswith("rendered")
