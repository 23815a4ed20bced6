"""What FHIR can carry: finite numbers, shares from 0 to 1, texts without control characters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from cutis.interop.fhir.errors import FhirError

# FHIR's own rule for strings: some visible sign, no control characters but tab and line ends.
_CARRIED = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")


def check(value: Any, where: str = "") -> None:
    """See that FHIR can carry a value.

    Raises:
        FhirError: a number is not finite, a probability is not from 0 to 1, or a text has control characters.
    """
    for name, part in _parts(value, where):
        if isinstance(part, bool | int | bytes) or part is None:
            continue
        if isinstance(part, float) and not math.isfinite(part):
            raise FhirError(f"{name} is {part}, which FHIR cannot carry. Leave it out where it is not known.")
        if isinstance(part, float) and not name.endswith("expected") and not 0 <= part <= 1:
            raise FhirError(f"{name} is {part:g}, and not from 0 to 1.")
        if isinstance(part, str) and not _CARRIED.fullmatch(part):
            raise FhirError(f"{name} has control characters, which FHIR cannot carry. Rename it.")


def _parts(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        for field in fields(value):
            yield from _parts(getattr(value, field.name), f"{type(value).__name__}.{field.name}")
    elif isinstance(value, tuple):
        for item in value:
            yield from _parts(item, where)
    else:
        yield where, value
