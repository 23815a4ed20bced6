"""Make torchvision importable where its compiled operators do not match the installed torch.

A CPU build of torch beside the ordinary torchvision wheel is common on machines without a GPU. There the
import of torchvision, and of timm through it, fails on the first operator that torchvision describes but
could not load (``nms``, ``qnms``). cutis uses neither; declaring their schemas is enough for the import.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# The libraries keep the schemas alive as long as they are referenced.
_declared: list[Any] = []


def ensure() -> None:
    """Import torchvision; declare the two missing schemas only where the plain import fails."""
    try:
        import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        import torch

        for name in ("nms", "qnms"):
            library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            _declared.append(library)
        import_module("torchvision")
