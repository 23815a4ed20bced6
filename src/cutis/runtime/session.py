"""A bundle's graph opened in onnxruntime, and how many cores there are for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from cutis.core.bundle import Bundle
from cutis.core.errors import BundleError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    Session: TypeAlias = InferenceSession
else:
    Session = object  # onnxruntime is loaded when a bundle is asked, not before


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_session(bundle: Bundle, threads: int) -> Session:
    """Open a bundle's graph in onnxruntime on the processor.

    Args:
        bundle: whose graph is opened.
        threads: cores that work on one photo.

    Raises:
        BundleError: onnxruntime cannot read the graph.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Photos differ in size: a plan of the memory of one is of no use to the next, and would be kept.
    options.enable_mem_pattern = False
    # Threads that spin between photos take the core that decodes the next one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(bundle.model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common parent
        raise BundleError(
            f"{bundle.path}: onnxruntime {onnxruntime.__version__} cannot open its graph ({error}). "
            "Install a newer onnxruntime."
        ) from error
