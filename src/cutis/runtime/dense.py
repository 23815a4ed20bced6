"""A bundle's dense graph: the answers for every patch of a tile at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cutis import zoo
from cutis.core.bundle import Bundle, Dense
from cutis.core.errors import BundleError, CutisError


class DenseSession:
    """An open dense graph. Tiles of one size share all memory.

    Args:
        bundle: that carries a dense graph.
        threads: processor cores to use.

    Attributes:
        bundle: what is being run.
        dense: its patch and stride.

    Raises:
        BundleError: it carries no dense graph, or onnxruntime cannot open it.
    """

    def __init__(self, bundle: Bundle, threads: int) -> None:
        import onnxruntime

        if bundle.info.dense is None or bundle.dense is None:
            raise BundleError(
                f"{bundle.path}: the model '{bundle.info.name}' answers for whole photos and cannot draw "
                f"a map. {_that_can()}"
            )
        self.bundle = bundle
        self.dense: Dense = bundle.info.dense
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin between tiles take the core that decodes the next one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                bundle.dense, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's errors have no common parent
            raise BundleError(
                f"{bundle.path}: onnxruntime {onnxruntime.__version__} cannot open its dense graph "
                f"({error}). Install a newer onnxruntime."
            ) from error
        self._binding = None
        self._input = np.zeros((1, 1, 0, 0), np.float32)
        self._output = np.zeros((0, 0, 0), np.float32)

    def __call__(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of every patch.

        Args:
            pixels: (height, width) grey levels 0 to 255, no NaN, each side at least a patch.

        Returns:
            (labels, rows, columns); overwritten by the next call.
        """
        if self._input.shape[2:] != pixels.shape:
            self._bind(*pixels.shape)
        self._input[0, 0] = pixels
        self._session.run_with_iobinding(self._binding)
        return self._output

    def _bind(self, height: int, width: int) -> None:
        """Lay out input and output once for all tiles of a size."""
        patch, stride = self.dense.patch, self.dense.stride
        rows, columns = (height - patch) // stride + 1, (width - patch) // stride + 1
        self._input = np.zeros((1, 1, height, width), np.float32)
        self._output = np.zeros((len(self.bundle.info.labels), rows, columns), np.float32)
        binding = self._session.io_binding()
        for bind, name, array in (
            (binding.bind_input, "image", self._input),
            (binding.bind_output, "probabilities", self._output),
        ):
            bind(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        self._binding = binding


def _that_can() -> str:
    """Which shipped bundles carry a dense graph."""
    found = []
    for name in zoo.names():
        try:
            if Bundle.open(zoo.path(name)).info.dense:
                found.append(name)
        except CutisError:
            continue
    if not found:
        return "No shipped bundle can; export one from a run of the task 'confocal'."
    return f"Shipped bundles that can: {', '.join(found)}."
