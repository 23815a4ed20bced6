"""cutis: an open workbench for dermatology imaging AI.

``cutis.load("dermoscopy")(image)`` does in Python what ``cutis predict`` does on the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cutis.core.version import __version__

if TYPE_CHECKING:
    from cutis.runtime.engine import Engine

__all__ = ["__version__", "load"]


def load(bundle: str) -> Engine:
    """Open a bundle for inference.

    Args:
        bundle: name of a shipped bundle (``"dermoscopy"``) or path of a ``.cutis`` file.

    Raises:
        BundleError: no such bundle, or the file is damaged, altered or of a newer format.
    """
    from cutis.runtime.engine import Engine  # the engine loads onnxruntime: not at import

    return Engine.open(bundle)
