"""From a structured report back to what cutis said, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError
from cutis.imaging.dicom import read_dataset, told_as_ours
from cutis.interop.dicom import concepts as c
from cutis.interop.fhir.results import (
    Answer,
    Model,
    Outcome,
    Point,
    Prediction,
    PredictionSet,
    Quality,
)

# DCM codes of the items that are read, PS3.16 annex D.
_GROUP, _NAME, _VERSION, _PARAMETERS, _QUALITY = "125007", "111001", "111003", "111002", "111101"


def read_report(source: Path | str | bytes) -> Prediction:
    """Read a structured report that cutis wrote.

    Raises:
        ImageError: the file is no DICOM file, truncated or damaged.
        CutisError: it is no report of cutis.
    """
    data = read_dataset(source)
    name = "the report" if isinstance(source, bytes) else str(source)
    with told_as_ours(name):
        return prediction_in(data, name)


def prediction_in(data: Any, name: str = "the report") -> Prediction:
    """The prediction in the data set of a structured report.

    Raises:
        CutisError: it is no report of cutis.
    """
    try:
        groups = [_Group(item) for item in _all_items(data) if _code(item) == _GROUP]
        answers = [group for group in groups if "question" in group.facts]
        if not answers:
            raise CutisError(f"{name}: is no report that cutis wrote. Give one of its own.")
        return _prediction(answers, [group for group in groups if "gate" in group.facts])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise CutisError(
            f"{name}: its report lacks parts ({error!r}). Send it again from its source."
        ) from error


class _Group:
    """A measurement group: its numbers, answers and facts by their names."""

    def __init__(self, item: Any) -> None:
        self.numbers: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.facts: dict[str, Any] = {}
        for part in item.get("ContentSequence") or ():
            self._read(part)

    def _read(self, part: Any) -> None:
        """What others wrote may lack names, and have parameters of another kind."""
        if not part.get("ConceptNameCodeSequence"):
            return
        kind, own = part.get("ValueType"), c.own_value(part.ConceptNameCodeSequence[0])
        if kind == "NUM" and own:
            self.numbers[own] = _value(part)
        elif kind == "CODE" and part.get("ConceptCodeSequence"):
            value = c.own_value(part.ConceptCodeSequence[0])
            if value is not None:
                self.words.setdefault(own or str(_code(part)), value)
        elif kind == "TEXT" and _code(part) == _PARAMETERS:
            key, _, text = str(part.get("TextValue", "")).partition(" = ")
            with suppress(ValueError):
                self.facts[key] = json.loads(text)
        elif kind == "TEXT":
            self.texts[str(_code(part))] = str(part.get("TextValue", ""))

    def outcomes(self, prefix: str) -> tuple[Outcome, ...]:
        """In the order that they are told in."""
        titles = self.facts["titles"]
        found = []
        for key, number in self.numbers.items():
            if key.startswith(prefix):
                name = key.removeprefix(prefix)
                interval = None
                if prefix == c.PROBABILITY and c.LOW + name in self.numbers:
                    interval = (self.numbers[c.LOW + name], self.numbers[c.HIGH + name])
                found.append(Outcome(name, titles[name], number, interval))
        return tuple(found)


def _prediction(groups: list[_Group], gates: list[_Group]) -> Prediction:
    first = groups[0]
    facts = first.facts
    model = Model(
        name=first.texts[_NAME],
        version=first.texts[_VERSION],
        digest=facts["bundle sha256"],
        task=facts["task"],
        title=facts["title"],
        rendered=facts["trained on rendered images, not for care"],
        modality=facts["modality"],
        licence=facts["licence"],
    )
    points = tuple(
        Point(name, label, first.numbers[f"{c.POINT}{n}"], rule, first.words[f"{c.REACHED}{n}"] == "yes")
        for n, (name, label, rule) in enumerate(facts["operating points"])
    )
    likely = facts["prediction set"]
    return Prediction(
        model,
        facts["image"],
        tuple(_answer(group) for group in groups),
        points,
        facts["level of intervals"],
        None if likely is None else PredictionSet(tuple(likely), first.numbers[c.COVERAGE]),
        _quality(gates[0]) if gates else None,
    )


def _answer(group: _Group) -> Answer:
    question, title = group.facts["question"]
    said = group.facts["answer"]
    return Answer(question, title, said, group.outcomes(c.PROBABILITY), group.numbers.get(c.EXPECTED))


def _quality(group: _Group) -> Quality:
    grade, title = group.facts["grade"]
    good, threshold = group.numbers[c.GOOD], group.numbers[c.GOOD_FROM]
    passed = group.words[c.PASSED] == "yes"
    return Quality(grade, title, passed, good, threshold, group.outcomes(c.REASON), group.facts["gate"])


def _all_items(item: Any) -> Iterator[Any]:
    for part in item.get("ContentSequence") or ():
        yield part
        yield from _all_items(part)


def _code(item: Any) -> str | None:
    names = item.get("ConceptNameCodeSequence")
    return str(names[0].get("CodeValue", "")) if names else None


def _value(item: Any) -> float:
    measured = item.MeasuredValueSequence[0]
    return float(measured.get("FloatingPointValue", measured.get("NumericValue")))
