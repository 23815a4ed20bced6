"""One bundle, one target, one folder: whole or absent, with its figures."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from cutis.core.bundle import Bundle
from cutis.core.errors import CutisError
from cutis.core.folders import filling
from cutis.export.targets import camera, phone, web
from cutis.export.targets.facts import answers_of, facts
from cutis.export.targets.graph import fixed, need_onnx
from cutis.export.targets.measure import Figures, measure
from cutis.export.targets.parity import FLOAT, Parity, compare, need
from cutis.export.targets.photos import Photos, given, rendered
from cutis.export.targets.readme import readme

Target = Literal["web", "phone", "camera"]
TARGETS: tuple[str, ...] = get_args(Target)
_OURS = "model.json"


@dataclass(frozen=True)
class Options:
    """How a target is made.

    Attributes:
        images: a folder or manifest of photos that set up and judge the export; of a phone rendered ones when
            None, of others the bundle's own test images alone.
        split: only this split of the manifest.
        shape: height and width of a camera's input; the usual ones when None.
        runtime: folder of onnxruntime-web, copied beside a page; None leaves it to the user.
    """

    images: Path | None = None
    split: str | None = None
    shape: tuple[int, int] | None = None
    runtime: Path | None = None


@dataclass(frozen=True)
class _Made:
    bundle: Bundle  # what its folder says it is
    model: bytes
    figures: Figures
    shape: tuple[int, int] | None = None


def export_target(
    bundle: Bundle,
    out: Path | str,
    target: Target,
    options: Options | None = None,
    step: Callable[[int], None] | None = None,
) -> Figures:
    """Write the folder.

    Args:
        bundle: what is exported.
        out: the folder; new, empty, or written by this function before.
        target: for what.
        options: how; the defaults when None.
        step: called with 1 after each photo that was drawn or looked at.

    Returns:
        Size, time and parity with the bundle, as in ``figures.json``.

    Raises:
        CutisError: the bundle cannot be brought there, or the result answers differently; nothing is written.
        MissingExtraError: onnx is not installed, which ``phone`` and ``camera`` need.
        OutputError: the folder could not be written.
    """
    options, out = options or Options(), Path(out)
    _need_room(out)
    with filling(out) as folder:
        if target == "web":
            made = _web(bundle, folder, options, out, step)
        elif target == "phone":
            made = _phone(bundle, folder, options, out, step)
        else:
            made = _camera(bundle, folder, options, out, step)
        _describe(made, folder, bundle)
    return made.figures


def _web(bundle: Bundle, folder: Path, options: Options, out: Path, step: Any) -> _Made:
    web.write_web(bundle, folder, options.runtime)
    parity = _judged(bundle, bundle.model, options, out, step)
    return _Made(bundle, bundle.model, measure("web", bundle, bundle.model, parity))


def _phone(bundle: Bundle, folder: Path, options: Options, out: Path, step: Any) -> _Made:
    need_onnx("An 8-bit graph")
    phone.need_quantisable(bundle)
    with tempfile.TemporaryDirectory() as scratch:
        drawn = None if options.images else rendered(bundle.info, Path(scratch, "photos"), step)
        photos = drawn or _given(bundle, options)
        assert photos is not None
        edition, parity = phone.make_phone(bundle, photos, out, step)
    phone.write_phone(edition, folder)
    return _Made(edition, edition.model, measure("phone", bundle, edition.model, parity))


def _camera(bundle: Bundle, folder: Path, options: Options, out: Path, step: Any) -> _Made:
    need_onnx("A graph of one input size")
    shape = camera.input_shape(bundle.info, options.shape)
    frame = camera.framed(bundle.info, shape)
    model = fixed(bundle.model, *shape, answers_of(bundle.info))
    parity = _judged(bundle, model, options, out, step, frame)
    camera.write_camera(bundle, model, shape, folder)
    return _Made(bundle, model, measure("camera", bundle, model, parity, frame), shape)


def _judged(
    bundle: Bundle, model: bytes, options: Options, out: Path, step: Any, frame: Any = None
) -> Parity:
    """The parity of a float graph, which must be that of two runs of one program."""
    parity = compare(bundle, model, _given(bundle, options), frame, step)
    need(parity, FLOAT, f"{out}: not written: the graph", "Report it, with the bundle's name.")
    return parity


def _given(bundle: Bundle, options: Options) -> Photos | None:
    return given(options.images, bundle.info, options.split) if options.images else None


def _describe(made: _Made, folder: Path, source: Bundle) -> None:
    """What every folder holds beside its graph."""
    told = facts(made.bundle, made.figures.target, made.shape) | {"bundle": source.digest}
    for name, data in (
        (_OURS, told),
        ("bundle.json", made.bundle.info.to_dict()),
        ("figures.json", made.figures.to_dict()),
    ):
        text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "card.md").write_text(made.bundle.card, encoding="utf-8")
    runtime = (folder / "onnxruntime-web").is_dir()
    (folder / "README.md").write_text(readme(made.bundle.info, made.figures, runtime), encoding="utf-8")


def _need_room(out: Path) -> None:
    """Refuse a folder of other things, in which files of the same names would be replaced."""
    if not out.is_dir() or (out / _OURS).is_file() or not any(out.iterdir()):
        return
    raise CutisError(
        f"{out}: holds other files, and an export replaces what has the names of its own. Name a new folder."
    )
