"""The gateway's document in the data folder: found, read, and what does not hold in it named."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cutis.core.errors import CutisError
from cutis.web.gateway.rules import Rules

NAMES = ("gateway.toml", "gateway.json")


def place_of(folder: Path) -> Path | None:
    """Where the document of a data folder is; None where there is none."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_rules(folder: Path) -> Rules:
    """The document of a data folder; an empty one where there is none.

    Raises:
        CutisError: it cannot be read, or something in it does not hold; the message names every place.
    """
    place = place_of(folder)
    return rules_of(place) if place else Rules()


def rules_of(place: Path) -> Rules:
    """A document.

    Raises:
        CutisError: see `read_rules`.
    """
    try:
        text = place.read_text(encoding="utf-8")
        told: Any = tomllib.loads(text) if place.suffix == ".toml" else json.loads(text)
        return Rules.model_validate(told)
    except OSError as error:
        raise CutisError(f"{place}: cannot be read ({error.strerror}).") from error
    except ValidationError as error:
        raise CutisError("\n".join(f"{place.name}: {line}" for line in _lines(error))) from error
    except ValueError as error:
        kind = "TOML" if place.suffix == ".toml" else "JSON"
        raise CutisError(f"{place}: is no {kind} ({error}). Correct it there.") from error


def _lines(error: ValidationError) -> Iterator[str]:
    for one in error.errors():
        where = ""
        for part in one["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f"{'.' if where else ''}{part}"
        words = one["msg"].removeprefix("Value error, ")
        yield f"{where}: {words}." if where else f"{words}."
