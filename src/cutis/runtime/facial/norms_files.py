"""Norms as a file: what is written, and what is wrong with one that cannot be read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.errors import CutisError
from cutis.core.files import write_text
from cutis.core.version import __version__
from cutis.runtime.facial.norms import Norms, Stratum, Table, TooFew
from cutis.stats.change import Repeatability
from cutis.stats.norms import Curves

FORMAT = 1
KIND = "cutis facial norms"
_ARRAYS = ("ages", "levels", "values", "low", "high", "near", "reach")


def write_norms(norms: Norms, path: Path | str) -> None:
    """Write norms whole or not at all.

    Raises:
        OutputError: the file could not be written.
    """
    write_text(path, json.dumps(_to_dict(norms), indent=None, ensure_ascii=False, allow_nan=False) + "\n")


def read_norms(path: Path | str) -> Norms:
    """Read norms.

    Raises:
        CutisError: there are none, they are damaged, or a newer cutis wrote them.
    """
    path = Path(path)
    mend = "Build them with: cutis norms MEASURES --out norms.json"
    if not path.is_file():
        raise CutisError(f"{path}: there is no such file. {mend}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("kind") != KIND:
            raise CutisError(f"{path}: holds no norms of facial measures. {mend}")
        if int(data["format"]) > FORMAT:
            raise CutisError(
                f"{path}: is of format {data['format']}; this cutis ({__version__}) reads up to {FORMAT}. "
                f"Use cutis {data.get('cutis', 'of a newer version')} or newer."
            )
        return _from_dict(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CutisError(f"{path}: is damaged ({type(error).__name__}: {error}). {mend}") from error


def _to_dict(norms: Norms) -> dict[str, Any]:
    return {
        "kind": KIND,
        "format": FORMAT,
        "cutis": norms.version,
        "created": norms.created,
        "source": norms.source,
        "people": norms.people,
        "tables": [
            {
                "measure": one.measure,
                "area": one.area,
                "unit": one.unit,
                "sex": one.stratum.sex,
                "skin_type": one.stratum.skin_type,
                "people": one.curves.people,
                "step": one.curves.step,
                "confidence": one.curves.confidence,
                **{name: _plain(getattr(one.curves, name)) for name in _ARRAYS},
            }
            for one in norms.tables
        ],
        "refused": [
            {
                "area": one.area,
                "sex": one.stratum.sex,
                "skin_type": one.stratum.skin_type,
                "why": one.words,
            }
            for one in norms.refused
        ],
        "repeatability": {name: one.to_dict() for name, one in norms.repeats.items()},
    }


def _from_dict(data: Mapping[str, Any]) -> Norms:
    tables = [
        Table(
            str(one["measure"]),
            str(one["area"]),
            str(one["unit"]),
            Stratum(str(one["sex"]), str(one["skin_type"])),
            _curves(one),
        )
        for one in data["tables"]
    ]
    refused = [
        TooFew(str(one["area"]), Stratum(str(one["sex"]), str(one["skin_type"])), str(one["why"]))
        for one in data["refused"]
    ]
    repeats = {str(name): Repeatability.from_dict(one) for name, one in data["repeatability"].items()}
    return Norms(
        tuple(tables),
        tuple(refused),
        repeats,
        int(data["people"]),
        str(data["source"]),
        str(data["created"]),
        str(data["cutis"]),
    )


def _curves(data: Mapping[str, Any]) -> Curves:
    arrays: dict[str, Any] = {name: _array(data[name]) for name in _ARRAYS}
    ages, levels = len(arrays["ages"]), len(arrays["levels"])
    for name in ("values", "low", "high"):
        if arrays[name].shape != (ages, levels):
            raise ValueError(f"{name} have the shape {arrays[name].shape}, not {(ages, levels)}")
    arrays["near"] = arrays["near"].astype(np.intp)
    return Curves(
        **arrays, people=int(data["people"]), step=float(data["step"]), confidence=float(data["confidence"])
    )


def _plain(values: Any) -> Any:
    """Lists of numbers with five digits, none where there is none."""
    if isinstance(values, np.ndarray) and values.ndim:
        return [_plain(one) for one in values]
    if isinstance(values, np.integer):
        return int(values)
    return None if math.isnan(values) else float(f"{float(values):.5g}")


def _array(values: Any) -> Any:
    return np.array(values, dtype=np.float64)
