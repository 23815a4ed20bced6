"""Settings of the process that training wants before torch is loaded."""

from __future__ import annotations

import ctypes
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


def prepare() -> None:
    """Let idle OpenMP threads sleep, and keep freed memory in the process.

    Threads that spin while they wait steal the core that another needs: 4 times slower steps on a busy 2-core
    machine. glibc returns large blocks to the system at once and fetches them again at the next layer, which
    cost a fifth of a training step where it was measured. Both only matter on CPUs and harm nobody else.
    """
    if "torch" not in sys.modules:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "linux":
        try:
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
            libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
        except (OSError, AttributeError):
            return  # another C library: nothing to tune


def bf16_is_fast() -> bool:
    """Whether the processor has tiles for bfloat16 (AMX).

    AVX512-BF16 alone is no reason: with it, torch's training steps took 1.2 to 2 times as long as in float32
    (`docs/decisions.md`).
    """
    try:
        with open("/proc/cpuinfo") as handle:  # noqa: PTH123 - a kernel file, not a user's path
            return any(line.startswith("flags") and "amx_bf16" in line for line in handle)
    except OSError:
        return False
