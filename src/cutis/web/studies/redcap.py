"""A study for REDCap: its data, its data dictionary, its events, and which instrument belongs to which event.

One record is a participant, one event a visit, one instrument a questionnaire; photos are a repeating
instrument, one instance each. In REDCap: make a longitudinal project, upload ``data_dictionary.csv``, then
``events.csv`` and ``instruments.csv`` under 'Define My Events', switch on the repeating of 'photos' in every
event, and import ``data.csv``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from cutis.web.studies.protocol import Protocol, Question
from cutis.web.studies.tables import Tables
from cutis.web.studies.tables.dictionary import questions_of

# The 18 columns of a data dictionary, in the order in which REDCap reads them.
COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
_EVENT = 18  # characters of an event's name that its unique name keeps
_PHOTO = ("image_id", "view", "taken", "added", "width", "height", "sha256")
_ENROLMENT = ("site", "enrolled", "arm", "state")


def redcap_files(tables: Tables) -> dict[str, str]:
    """Name -> content of the files for REDCap."""
    protocol = tables.protocols[0][1]
    events = event_names(tables)
    questions = questions_of(tables.protocols)
    return {
        "data_dictionary.csv": _csv(_dictionary(protocol, questions, tables)),
        "events.csv": _csv(_events(tables, events)),
        "instruments.csv": _csv(_instruments(tables, events)),
        "data.csv": _csv(_data(tables, events, questions)),
    }


def event_names(tables: Tables) -> dict[str, str]:
    """Unique event name of each visit, of this and of earlier versions, as REDCap makes it from the name."""
    keys = {visit.key: None for _number, protocol in tables.protocols for visit in protocol.visits}
    if tables.photos and any(one.visit is None for one in tables.photos):
        keys["outside"] = None
    made: dict[str, str] = {}
    for key in keys:
        name, number = key[:_EVENT].rstrip("_"), 2
        while name in made.values():
            name, number = f"{key[: _EVENT - 3].rstrip('_')}_{number}", number + 1
        made[key] = name
    return {key: f"{name}_arm_1" for key, name in made.items()}


def _events(tables: Tables, events: dict[str, str]) -> list[Sequence[Any]]:
    visits = {v.key: v for _number, protocol in reversed(tables.protocols) for v in protocol.visits}
    rows: list[Sequence[Any]] = [
        (
            "event_name",
            "arm_num",
            "day_offset",
            "offset_min",
            "offset_max",
            "unique_event_name",
            "custom_event_label",
        )
    ]
    for key, unique in events.items():
        visit = visits.get(key)
        name = unique.removesuffix("_arm_1").replace("_", " ")
        rows.append(
            (name, 1, visit.day, visit.before, visit.after, unique, visit.name)
            if visit
            else (name, 1, 0, 0, 0, unique, "outside the protocol")
        )
    return rows


def _instruments(tables: Tables, events: dict[str, str]) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = [("arm_num", "unique_event_name", "form")]
    forms: dict[str, list[str]] = {key: [] for key in events}
    for _number, protocol in tables.protocols:
        for visit in protocol.visits:
            forms[visit.key] += [one for one in visit.questionnaires if one not in forms[visit.key]]
    for place, (key, unique) in enumerate(events.items()):
        rows += [(1, unique, "enrolment")] if place == 0 else []
        rows += [(1, unique, form_name(one)) for one in forms[key]]
        rows.append((1, unique, "photos"))
    return rows


def form_name(questionnaire: str) -> str:
    """Of the instrument of a questionnaire; ``enrolment`` and ``photos`` are cutis's own."""
    return f"{questionnaire}_form" if questionnaire in ("enrolment", "photos") else questionnaire


def field_name(questionnaire: str, question: str) -> str:
    """Of the variable of a question; unique in the whole project, as REDCap asks."""
    return f"{questionnaire}_{question}"


def _dictionary(
    protocol: Protocol, questions: dict[tuple[str, str], Question], tables: Tables
) -> list[Sequence[Any]]:
    arms = {one.key: one.name for _n, each in reversed(tables.protocols) for one in each.arms}
    rows: list[Sequence[Any]] = [
        COLUMNS,
        _row("record_id", "enrolment", "text", "Pseudonym"),
        _row("site", "enrolment", "text", "Site"),
        _row("enrolled", "enrolment", "text", "Enrolled", check="date_ymd"),
        _row("arm", "enrolment", "radio", "Arm", choices=_choices(arms.items()))
        if arms
        else _row("arm", "enrolment", "text", "Arm"),
        _row(
            "state",
            "enrolment",
            "radio",
            "State",
            choices="enrolled, enrolled | completed, completed | withdrawn, withdrawn",
        ),
    ]
    for (form, key), question in questions.items():
        rows.append(_question(form, key, question))
    labels = ("Photo", "View", "Taken, by the camera's clock", "Added, UTC", "Width", "Height", "SHA-256")
    for name, label in zip(_PHOTO, labels, strict=True):
        whole = "integer" if name in ("width", "height") else ""
        rows.append(_row(f"photo_{name}", "photos", "text", label, check=whole))
    return rows


def _question(form: str, key: str, question: Question) -> Sequence[Any]:
    name, where = field_name(form, key), form_name(form)
    needed = "y" if question.needed else ""
    match question.kind:
        case "choice":
            codes = _choices(enumerate(question.choices, 1))
            return _row(name, where, "radio", question.text, choices=codes, needed=needed)
        case "several":
            codes = _choices(enumerate(question.choices, 1))
            return _row(name, where, "checkbox", question.text, choices=codes, needed=needed)
        case "yes_no":
            return _row(name, where, "yesno", question.text, needed=needed)
        case "date":
            return _row(name, where, "text", question.text, check="date_ymd", needed=needed)
        case "text":
            return _row(name, where, "notes", question.text, needed=needed)
        case "scale":
            low, high = question.ends
            span = (str(low), str(high))
            return _row(name, where, "text", question.text, check="integer", ends=span, needed=needed)
        case "number":
            ends = tuple("" if end is None else f"{end:g}" for end in (question.least, question.most))
            note = question.unit
            return _row(
                name, where, "text", question.text, check="number", ends=ends, needed=needed, note=note
            )


def _row(
    name: str,
    form: str,
    kind: str,
    label: str,
    *,
    choices: str = "",
    check: str = "",
    ends: tuple[str, ...] = ("", ""),
    needed: str = "",
    note: str = "",
) -> Sequence[Any]:
    low, high = ends
    return (name, form, "", kind, label, choices, note, check, low, high, "", "", needed, "", "", "", "", "")


def _choices(codes: Iterable[tuple[Any, str]]) -> str:
    # A bar divides choices, so it cannot be in one.
    return " | ".join(f"{code}, {label.replace('|', '/')}" for code, label in codes)


def _data(
    tables: Tables, events: dict[str, str], questions: dict[tuple[str, str], Question]
) -> list[Sequence[Any]]:
    """One row for each participant and visit, and one for each photo."""
    fields: list[str] = [*_ENROLMENT]
    for (form, key), question in questions.items():
        name = field_name(form, key)
        several = question.kind == "several"
        fields += [f"{name}___{n}" for n in range(1, len(question.choices) + 1)] if several else [name]
    fields += [f"photo_{name}" for name in _PHOTO]
    head = ("record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
    rows: list[Sequence[Any]] = [(*head, *fields)]

    def line(
        record: str, event: str, values: dict[str, Any], instrument: str = "", instance: Any = ""
    ) -> None:
        rows.append((record, event, instrument, instance, *(values.get(name, "") for name in fields)))

    first = next(iter(events.values()))
    by_visit: dict[tuple[str, str], dict[str, Any]] = {}
    for one in tables.participants.iter_rows(named=True):
        by_visit[one["patient_id"], first] = {name: one[name] or "" for name in _ENROLMENT}
    for one in tables.answers.filter(tables.answers["counts"] == "yes").iter_rows(named=True):
        asked = questions.get((one["questionnaire"], one["question"]))
        if asked is None or one["visit"] not in events:
            continue
        cells = by_visit.setdefault((one["patient_id"], events[one["visit"]]), {})
        cells.update(_cells(field_name(one["questionnaire"], one["question"]), asked, one["value"]))
    order = {event: place for place, event in enumerate(events.values())}
    for (record, event), values in sorted(by_visit.items(), key=lambda item: (item[0][0], order[item[0][1]])):
        line(record, event, values)
    counts: dict[tuple[str, str], int] = {}
    for one in tables.manifest.iter_rows(named=True):
        event = events[
            one["visit"]
            if one["visit"] in events
            else "outside"
            if "outside" in events
            else next(iter(events))
        ]
        place = one["patient_id"], event
        counts[place] = counts.get(place, 0) + 1
        line(*place, {f"photo_{name}": one[name] or "" for name in _PHOTO}, "photos", counts[place])
    return rows


def _cells(name: str, question: Question, value: str) -> dict[str, Any]:
    match question.kind:
        case "several":
            chosen = value.split(";")
            return {f"{name}___{n}": int(one in chosen) for n, one in enumerate(question.choices, 1)}
        case "choice":
            known = value in question.choices
            return {name: question.choices.index(value) + 1 if known else ""}
        case "yes_no":
            return {name: 1 if value == "yes" else 0}
        case _:
            return {name: re.sub(r"[\r\n]+", " ", value)}


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
