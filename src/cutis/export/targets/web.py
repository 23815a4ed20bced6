"""A folder for a browser: the bundle's graph as it is, a page, and the module behind it."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

from cutis.core.bundle import Bundle
from cutis.core.errors import CutisError
from cutis.export.targets.vectors import write_vectors

FILES = Path(__file__).parent / "files"
RUNTIME = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
_TESTS = 2  # test images; they travel uncompressed


def write_web(bundle: Bundle, folder: Path, runtime: Path | None) -> None:
    """Write page, module, graph and test images.

    Weights may be stored as float16 or int8: onnxruntime-web casts them once, when the page is opened, and
    computes in float32.

    Args:
        bundle: what is exported.
        folder: that is filled.
        runtime: folder with onnxruntime-web's files, which are copied; None leaves them to the user.

    Raises:
        CutisError: ``runtime`` lacks a file.
    """
    if runtime is not None:
        _copy_runtime(runtime, folder / "onnxruntime-web")
    (folder / "model.onnx").write_bytes(bundle.model)
    for name in ("cutis.mjs", "page.mjs", "page.css"):
        shutil.copyfile(FILES / "web" / name, folder / name)
    page = (FILES / "web" / "index.html").read_text(encoding="utf-8")
    info = bundle.info
    for word in ("title", "name", "version", "modality"):
        page = page.replace("{{" + word + "}}", html.escape(str(getattr(info, word))))
    (folder / "index.html").write_text(page, encoding="utf-8")
    images = sorted((case.image for case in bundle.vectors.cases), key=lambda image: image.size)
    write_vectors(bundle, images[:_TESTS], folder / "vectors")


def _copy_runtime(runtime: Path, folder: Path) -> None:
    missing = [name for name in RUNTIME if not (runtime / name).is_file()]
    if missing:
        raise CutisError(
            f"{runtime}: has no {', '.join(missing)}. Give the folder dist of the npm package "
            "onnxruntime-web, or leave --runtime out and put it beside the page later."
        )
    folder.mkdir()
    for name in RUNTIME:
        shutil.copyfile(runtime / name, folder / name)
