"""What the camera's script is told: views, words, and where the quality gate is."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.web.capture.quality import Quality
from cutis.web.capture.stand import Stand
from cutis.web.capture.uploads import owner_tag
from cutis.web.files import STATIC, asset
from cutis.web.platform import Platform
from cutis.web.studies.due import DueVisit
from cutis.web.words import _, later

_RUNTIME = {
    "script": "vendor/onnxruntime-web/ort.wasm.min.mjs",
    "glue": "vendor/onnxruntime-web/ort-wasm-simd-threaded.mjs",
    "wasm": "vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm",
}
_PAGE = ("page.css", "web.css", "capture/capture.css", "capture/camera.js", "capture/home.js")
_MODULES = ("app.js", "gate.js", "lens.js", "queue.js")  # which scripts import by their plain names
_WORDS = {
    "count": later("{a} of {b}"),
    "denied": later("The camera is not allowed here. Allow it in the browser's settings, or choose a photo."),
    "none": later("No camera was found. Choose a photo instead."),
    "choose": later("Choose a photo that you took before."),
    "loading": later("The camera is ready. Advice comes in a moment."),
    "without": later("The camera is ready. Advice comes after the photo."),
    "again": later("The camera gave no photo. Try again."),
    "better": later("This could be better"),
    "untold": later("Look yourself: is it sharp and bright enough?"),
    "take": later("Take"),
    "retake": later("Take again"),
    "saved": later("Saved on this phone"),
    "sent": later("Sent"),
    "refused": later("Not taken"),
    "missing": later("Not yet"),
    "optional": later("May be left out"),
    "full": later(
        "The phone's storage is full, and there is no network. Free some space, then take it again."
    ),
    "full_sent": later(
        "The phone's storage is full. This photo was sent at once; the next one may need a network."
    ),
    "large": later("The photo is larger than is taken here. Choose a smaller one."),
}


def camera_setting(
    held: Platform, stand: Stand, visit: DueVisit, quality: Quality | None
) -> Mapping[str, object]:
    """What the camera's script is told.

    Args:
        held: the platform.
        stand: where the participant stands.
        visit: of which the views are taken.
        quality: the gate; None where the study has none.
    """
    views = [
        {
            "key": view.key,
            "name": view.name,
            "advice": view.advice,
            "needed": view.needed,
            "outlined": view.outline not in ("none", "lesion"),
            "taken": stand.taken[visit.visit.key, view.key],
        }
        for view in stand.views(visit)
    ]
    runtime = runtime_files()
    model = f"/take-part/model/{quality.digest}" if quality else ""
    told = {**quality.told(), "model": model, "runtime": runtime} if quality else None
    files = [*(asset(name) for name in _PAGE), *(f"/static/capture/{name}" for name in _MODULES)]
    if model and runtime:
        files += [*runtime.values(), model]
    return {
        "owner": owner_tag(held, stand.participant.id),
        "visit": visit.visit.key,
        "views": views,
        "quality": told,
        "files": files,  # kept on the phone, for when there is no network
        "megabytes": held.settings.upload_megabytes,
        "words": {name: _(words) for name, words in _WORDS.items()},
    }


def runtime_files() -> dict[str, str] | None:
    """Where the browser finds what runs a network; None where it is not installed."""
    if not all((STATIC / name).is_file() for name in _RUNTIME.values()):
        return None
    return {**{part: asset(name) for part, name in _RUNTIME.items()}, "worker": "/take-part/quality.js"}
