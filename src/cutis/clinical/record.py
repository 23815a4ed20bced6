"""Facts from and to plain dictionaries and rows of a table, with everything that is wrong told at once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cutis.clinical.cells import NotReadError, amount_of, reader
from cutis.clinical.facts import Exposure, Facts
from cutis.clinical.problem import Problem, sentence
from cutis.clinical.units import Amount
from cutis.core.errors import FactsError

_SEPARATORS = (",", ";", "\t")
_FACTS = tuple(field.name for field in fields(Facts))
_EXPOSURE = tuple(field.name for field in fields(Exposure))


def from_dict(data: Mapping[str, Any], where: str = "facts") -> Facts:
    """Facts from a plain dictionary, as JSON holds it.

    Args:
        data: names of `Facts` with numbers, truths, ISO dates, lists of names, laboratory values as
            ``"12 mmol/L"`` or ``{"value": 12, "unit": "mmol/L"}``, and ``drugs`` as dictionaries of
            `Exposure`. Null, an empty text and ``unknown`` are not known. ``bun`` is read as urea.
        where: what problems begin with, such as the file.

    Raises:
        FactsError: all problems at once: names, values, contradictions.
    """
    found: list[Problem] = []
    values = dict(data)
    if "bun" in values:
        _take_bun(values, found)
    read = _read_all(values, _FACTS, "", found)
    drugs = values.get("drugs")
    if isinstance(drugs, Mapping | str) or (drugs is not None and not isinstance(drugs, Iterable)):
        found.append(
            Problem("drugs", "%(field)s is no list. Write one dictionary with at least a name for each drug.")
        )
    else:
        read["drugs"] = tuple(_exposures(drugs or (), found))
    try:
        facts = Facts(**read)
    except FactsError as error:
        found += [one for one in error.found if isinstance(one, Problem)]
    if found:
        raise FactsError([f"{where}: {problem}" for problem in found], found)
    return facts


def to_dict(facts: Facts) -> dict[str, Any]:
    """A plain dictionary of what is known, which `from_dict` reads back as the same facts."""
    known = {name: _plain(getattr(facts, name)) for name in _FACTS if name != "drugs"}
    plain = {name: value for name, value in known.items() if value is not None}
    if facts.drugs:
        plain["drugs"] = [_plain_exposure(exposure) for exposure in facts.drugs]
    return plain


def from_row(row: Mapping[str, str | None], where: str = "facts") -> Facts:
    """Facts from a row of a table: columns as in `Facts`, ``drug_1``, ``drug_1_start_day`` and so on.

    Lists are separated by semicolons; ``none`` is a list that was looked for and is empty. Empty cells are
    not known. A column ``patient_id`` is left to the caller.

    Raises:
        FactsError: as `from_dict`.
    """
    plain: dict[str, Any] = {}
    drugs: dict[str, dict[str, Any]] = {}
    for column, cell in row.items():
        if column == "patient_id" or cell is None or not cell.strip():
            continue
        if not column.startswith("drug_"):
            plain[column] = cell
            continue
        number, _, field = column.removeprefix("drug_").partition("_")
        drugs.setdefault(number, {})[field or "name"] = cell
    if drugs:
        plain["drugs"] = list(drugs.values())
    return from_dict(plain, where)


def to_row(facts: Facts) -> dict[str, str]:
    """One row of a table, which `from_row` reads back as the same facts."""
    plain = to_dict(facts)
    drugs = plain.pop("drugs", [])
    row = {name: _cell(value) for name, value in plain.items()}
    for number, drug in enumerate(drugs, 1):
        for name, value in drug.items():
            row[f"drug_{number}" if name == "name" else f"drug_{number}_{name}"] = _cell(value)
    return row


def read_facts(path: Path | str) -> tuple[tuple[str, Facts], ...]:
    """Patients from a JSON file (one dictionary, or a list of them) or a CSV file (one row a patient).

    Returns:
        Pairs of a name and the facts; the name is ``patient_id`` where there is one, else the place.

    Raises:
        FactsError: the file cannot be read, or facts do not hold; all problems of all patients at once.
    """
    path = Path(path)
    if not path.is_file():
        raise FactsError([f"{path}: there is no such file. Check the path."])
    is_table = path.suffix.lower() == ".csv"
    records = _rows(path) if is_table else _json(path)
    read: list[tuple[str, Facts]] = []
    found: list[str] = []
    for place, record in records:
        where = str(path) if place is None else f"{path}:{place}"
        try:
            if is_table:
                facts = from_row(record, where)
            else:
                facts = from_dict({k: v for k, v in record.items() if k != "patient_id"}, where)
            read.append((str(record.get("patient_id") or where), facts))
        except FactsError as error:
            found += error.problems
    if found:
        raise FactsError(found)
    return tuple(read)


def _json(path: Path) -> list[tuple[int | None, Mapping[str, Any]]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, RecursionError) as error:
        raise FactsError([f"{path}: is no JSON text ({error}). Save it as UTF-8."]) from error
    except json.JSONDecodeError as error:
        raise FactsError([f"{path}:{error.lineno}: is no JSON ({error.msg}). Correct that line."]) from error
    several = isinstance(data, list)
    records = data if several else [data]
    if not records or not all(isinstance(record, dict) for record in records):
        raise FactsError([f"{path}: holds no facts. Write one dictionary of facts, or a list of them."])
    return [(number if several else None, record) for number, record in enumerate(records, 1)]


def _rows(path: Path) -> list[tuple[int | None, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactsError([f"{path}: is not UTF-8 text. Save the table as 'CSV UTF-8'."]) from error
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", delimiter=separator)
    rows: list[tuple[int | None, Mapping[str, Any]]] = []
    for row in _each(reader, path):
        if "" in row:
            raise FactsError(
                [f"{path}:{reader.line_num}: has more cells than the header. Quote cells with commas."]
            )
        if any(cell and cell.strip() for cell in row.values()):
            rows.append((reader.line_num, {(name or "").strip(): cell for name, cell in row.items()}))
    if not rows:
        raise FactsError([f"{path}: has no rows. Give it a header line and one line per patient."])
    return rows


def _each(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        problem = f"{path}:{reader.line_num}: is no row of a table ({error}). Correct it."
        raise FactsError([problem]) from error


def _take_bun(values: dict[str, Any], found: list[Problem]) -> None:
    """Urea nitrogen under the name that it has in the laboratory."""
    given = values.pop("bun")
    if given is None:
        return
    if values.get("urea") is not None:
        found.append(Problem("urea", "%(field)s and bun are both given. Leave out one of them."))
        return
    try:
        amount = amount_of(given, "mg/dL BUN")
    except NotReadError as wrong:
        found.append(Problem("bun", wrong.words, wrong.values))
        return
    if amount is not None:
        values["urea"] = Amount(amount.value, "mg/dL BUN") if amount.unit == "mg/dL" else amount


def _read_all(
    data: Mapping[str, Any],
    known: tuple[str, ...],
    at: str,
    found: list[Problem],
    of: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Any]:
    """Values of one dictionary; what cannot be read is told in `found` and left out."""
    read: dict[str, Any] = {}
    for name, value in data.items():
        if name == "drugs" and known is _FACTS:
            continue
        if name not in known:
            close = get_close_matches(str(name), [*known, "bun"], n=1)
            found.append(_no_fact(f"{at}{name}", str(name), close, of))
            continue
        try:
            read[name] = reader(name)(value)
        except NotReadError as wrong:
            found.append(Problem(f"{at}{name}", wrong.words, {**wrong.values, **of}))
    return read


def _no_fact(field: str, name: str, close: list[str], of: Mapping[str, str]) -> Problem:
    if close:
        words = sentence("'%(value)s' is no fact that is known here. Did you mean '%(meant)s'?")
        return Problem(field, words, {"value": name, "meant": close[0], **of})
    words = sentence("'%(value)s' is no fact that is known here. See docs/clinical.md for the names.")
    return Problem(field, words, {"value": name, **of})


def _exposures(drugs: Iterable[Any], found: list[Problem]) -> Iterable[Exposure]:
    for number, drug in enumerate(drugs, 1):
        if isinstance(drug, str):
            drug = {"name": drug}
        if not isinstance(drug, Mapping) or not isinstance(drug.get("name"), str) or not drug["name"].strip():
            words = sentence("drug %(number)s has no name. Write it as {'name': ...}.")
            found.append(Problem(f"drugs.{number}", words, {"number": str(number)}))
            continue
        of = {"drug": drug["name"]}
        read = _read_all(drug, _EXPOSURE, f"drugs.{number}.", found, of)
        if read.get("suspected") is None:
            read.pop("suspected", None)
        yield Exposure(**{"name": drug["name"], **read})


def _plain(value: Any) -> Any:
    if isinstance(value, Amount):
        return {"value": value.value, "unit": value.unit}
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _plain_exposure(exposure: Exposure) -> dict[str, Any]:
    known = {name: _plain(getattr(exposure, name)) for name in _EXPOSURE}
    return {name: value for name, value in known.items() if value is not None}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(value) if value else "none"
    if isinstance(value, dict):
        return f"{value['value']!r} {value['unit']}"
    return str(value)
