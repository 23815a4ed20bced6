"""From plain data, as JSON holds it, to values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from cutis.core.errors import CutisError

T = TypeVar("T")


def build(kind: type[T], data: Mapping[str, Any]) -> T:
    """A dataclass from its fields; keys that this version does not know are left out.

    Raises:
        CutisError: a field is missing.
    """
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{name: value for name, value in data.items() if name in known})
    except TypeError as error:
        raise CutisError(f"{kind.__name__} is incomplete: {error}.") from error
