"""What the standard wants of each kind of object: the attributes of its modules and their types.

Source: PS3.3 as tables that highdicom carries (generated from the standard's own text).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cutis.core.errors import MissingExtraError


@dataclass(frozen=True)
class Attribute:
    """An attribute of a module.

    Attributes:
        path: keywords of the sequences that it lies in.
        keyword: its own.
        type: ``1``, ``1C``, ``2``, ``2C`` or ``3``.
        module: the module's name.
        usage: of the module in this object: ``M`` mandatory, ``C`` conditional, ``U`` by choice.
    """

    path: tuple[str, ...]
    keyword: str
    type: str
    module: str
    usage: str


@cache
def attributes_of(sop_class: str) -> tuple[Attribute, ...]:
    """All attributes of an object; none where it is not known."""
    kind = _table("sop_class_iod_map").get(sop_class)
    if kind is None:
        return ()
    modules = _table("module_attribute_map")
    return tuple(
        Attribute(tuple(row["path"]), row["keyword"], row["type"], module["key"], module["usage"])
        for module in _table("iod_module_map")[kind]
        for row in modules.get(module["key"], ())
    )


@cache
def types_of(sop_class: str) -> dict[tuple[str, ...], str]:
    """The strictest type of each attribute of an object, by its path and keyword."""
    found: dict[tuple[str, ...], str] = {}
    for row in attributes_of(sop_class):
        where = (*row.path, row.keyword)
        kind = row.type if row.usage == "M" else "3"
        found[where] = min(found.get(where, "3"), kind)
    return found


def mandatory(sop_class: str) -> tuple[tuple[str, bool], ...]:
    """Keywords that an object must have at its top, and whether they need a value."""
    top = {row.keyword: row.type for row in attributes_of(sop_class) if row.usage == "M" and not row.path}
    strict = {where[0]: kind for where, kind in types_of(sop_class).items() if len(where) == 1}
    return tuple((word, strict[word] == "1") for word in top if strict[word] in ("1", "2"))


@cache
def _table(name: str) -> Any:
    try:
        text = (resources.files("highdicom") / "_standard" / f"{name}.json").read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise MissingExtraError("dicom", "Checking DICOM files") from error
    return json.loads(text)
