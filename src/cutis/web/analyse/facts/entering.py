"""From a form or a program to facts, with a sentence for each field that does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import FormData

from cutis.clinical.facts import Facts
from cutis.clinical.problem import Problem
from cutis.clinical.record import from_dict, to_dict
from cutis.core.errors import FactsError
from cutis.web.analyse.facts.fields import DRUG, EARLIER_DAYS, GROUPS, MOST_DRUGS, TITLES, Asked
from cutis.web.words import _

LONGEST = 120  # characters of a text
NONE = "none"  # the box that says: looked for, and none is involved
Typed = dict[str, list[str]]


class NotHeldError(Exception):
    """Facts that do not hold.

    Args:
        fields: sentences by name of the field, such as ``age`` or ``drugs.2.start_day``.
    """

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(sentence for some in fields.values() for sentence in some))
        self.fields = fields


def typed(data: FormData) -> Typed:
    """What was typed, by name of the field, for the form to be shown again."""
    found: Typed = {}
    for name, value in data.multi_items():
        if isinstance(value, str) and value.strip() and name != "form_token":
            found.setdefault(name, []).append(value.strip()[: 2 * LONGEST])
    return found


def plain(given: Typed) -> dict[str, Any]:
    """What was typed, as `cutis.clinical.record.from_dict` reads it; what was left empty is not there."""
    said = _values(given, "", (one for group in GROUPS for one in group.asked))
    drugs = []
    for number in range(1, MOST_DRUGS + 1):
        drug = _values(given, f"drugs.{number}.", DRUG)
        for name in EARLIER_DAYS:
            if name in drug:
                drug[name] = _from_the_rash(drug[name])
        if set(drug) - {"suspected"}:
            drugs.append({"name": "", **drug})
    return {**said, "drugs": drugs} if drugs else said


def back(facts: Facts) -> Typed:
    """Facts as they would be typed."""
    found: Typed = {}
    said = to_dict(facts)
    drugs = said.pop("drugs", [])
    for name, value in said.items():
        _put(found, name, value)
    for number, drug in enumerate(drugs, 1):
        for name, value in drug.items():
            _put(found, f"drugs.{number}.{name}", -value if name in EARLIER_DAYS else value)
    return found


def drugs_in(given: Typed) -> int:
    """Number of the last drug of which something is typed."""
    return max(
        (n for n in range(1, MOST_DRUGS + 1) if any(f"drugs.{n}.{one.name}" in given for one in DRUG)),
        default=0,
    )


def read(said: Mapping[str, Any]) -> Facts:
    """Facts that hold.

    Args:
        said: names of `Facts` with plain values; what is not known is not there, or null.

    Raises:
        NotHeldError: everything that does not hold, at once, in the language of who asks.
    """
    wrong = dict[str, list[str]]()
    for name, sentence in _too_much(said):
        wrong.setdefault(name, []).append(sentence)
    if wrong:
        raise NotHeldError(wrong)
    try:
        return from_dict(said)
    except FactsError as error:
        for problem in error.found:
            if isinstance(problem, Problem):
                wrong.setdefault(problem.field, []).append(words_of(problem))
        raise NotHeldError(wrong) from error


def words_of(problem: Problem) -> str:
    """What is wrong, by the title of the field."""
    values = {name: value[:LONGEST] for name, value in problem.values.items()}
    field = problem.field.rpartition(".")[2]
    values["field"] = _(TITLES.get(field, field))
    for name in ("other", "unit"):
        if values.get(name):
            values[name] = _(TITLES.get(values[name], values[name]))
    return _(problem.words) % values


def _values(given: Typed, before: str, asked: Iterable[Asked]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in asked:
        typed_in = given.get(before + one.name, [])
        if not typed_in:
            continue
        value: Any = typed_in[-1]
        if one.kind == "several":
            value = [] if typed_in == [NONE] else typed_in
        elif one.kind == "amount":
            unit = given.get(f"{before}{one.name}.unit", [""])[-1]
            value = {"value": _point(value), "unit": unit}
        elif one.kind == "number":
            value = _point(value)
        found[one.name] = value
    return found


def _point(text: str) -> str:
    """A decimal comma is as good as a point."""
    return text.replace(",", ".", 1) if "." not in text else text


def _from_the_rash(text: str) -> str:
    """Days before the rash as days from it; what is no number is told by whoever reads it."""
    return text[1:] if text.startswith(("-", "\N{MINUS SIGN}")) else f"-{text}" if text != "0" else text


def _put(found: Typed, name: str, value: Any) -> None:
    if isinstance(value, dict):
        found[name], found[f"{name}.unit"] = [_number(value["value"])], [value["unit"]]
    elif isinstance(value, list):
        found[name] = value or [NONE]
    elif isinstance(value, bool):
        found[name] = ["yes" if value else "no"]
    else:
        found[name] = [_number(value) if isinstance(value, float) else str(value)]


def _number(value: float) -> str:
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _too_much(said: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """What the parts below would read but nobody could mean."""
    for name in ("mucosal_sites", "organs"):
        value = said.get(name)
        if isinstance(value, list | tuple) and NONE in value and len(value) > 1:
            yield name, _("'None involved' is ticked, and something else too. Leave one of them.")
    drugs = said.get("drugs")
    if not isinstance(drugs, list | tuple):
        return
    if len(drugs) > MOST_DRUGS:
        yield "drugs", _("These are %(n)s drugs, more than %(most)s.") % {"n": len(drugs), "most": MOST_DRUGS}
    for number, drug in enumerate(drugs, 1):
        called = drug.get("name") if isinstance(drug, Mapping) else drug
        if not isinstance(called, str):
            continue
        if not called.strip():
            yield f"drugs.{number}.name", _("The drug has no name. Give the name on its package.")
        elif len(called) > LONGEST or any(not sign.isprintable() for sign in called):
            yield (
                f"drugs.{number}.name",
                _("A drug's name has at most %(n)s characters, all of which can be shown.") % {"n": LONGEST},
            )
