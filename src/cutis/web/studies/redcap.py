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

from cutis.web.studies.protocol import Protocol, Question, plain
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
_Asked = tuple[str, str]  # a question: keys of its questionnaire and of itself
_EVENT = 18  # characters of an event's name that its unique name keeps
_PHOTO = ("image_id", "view", "taken", "added", "width", "height", "sha256")
_ENROLMENT = ("site", "enrolled", "arm", "state")


def redcap_files(tables: Tables) -> dict[str, str]:
    """Name -> content of the files for REDCap."""
    protocol = tables.protocols[0][1]
    events = event_names(tables)
    questions = questions_of(tables.protocols)
    names = field_names(questions)
    return {
        "data_dictionary.csv": _csv(_dictionary(protocol, questions, names, tables)),
        "events.csv": _csv(_events(tables, events)),
        "instruments.csv": _csv(_instruments(tables, events)),
        "data.csv": _csv(_data(tables, events, questions, names)),
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
    own = re.fullmatch(r"(enrolment|photos)(_form)*", questionnaire)
    return f"{questionnaire}_form" if own else questionnaire


def field_names(questions: dict[_Asked, Question]) -> dict[_Asked, str]:
    """Of the variable of each question; unique in the whole project, as REDCap asks.

    ``b`` of ``q_a`` and ``a_b`` of ``q`` are one name. Taken are cutis's own names too, those of the columns
    of choices, and those in which REDCap keeps whether a form is complete.
    """
    forms = ("enrolment", "photos", *(form_name(form) for form, _key in questions))
    taken = {"record_id", *_ENROLMENT, *(f"photo_{name}" for name in _PHOTO)}
    taken.update(f"{form}_complete" for form in forms)
    made: dict[_Asked, str] = {}
    for (form, key), question in questions.items():
        name, number = f"{form}_{key}", 2
        while not taken.isdisjoint((name, *_columns(name, question))):
            name, number = f"{form}_{key}_{number}", number + 1
        made[form, key] = name
        taken.update((name, *_columns(name, question)))
    return made


def _columns(name: str, question: Question) -> list[str]:
    """Of a question's answer in the data: one for each choice, where several may be chosen."""
    several = question.kind == "several"
    return [f"{name}___{n}" for n in range(1, len(question.choices) + 1)] if several else [name]


def _dictionary(
    protocol: Protocol, questions: dict[_Asked, Question], names: dict[_Asked, str], tables: Tables
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
        rows.append(_question(names[form, key], form_name(form), question))
    labels = ("Photo", "View", "Taken, by the camera's clock", "Added, UTC", "Width", "Height", "SHA-256")
    for name, label in zip(_PHOTO, labels, strict=True):
        whole = "integer" if name in ("width", "height") else ""
        rows.append(_row(f"photo_{name}", "photos", "text", label, check=whole))
    return rows


def _question(name: str, where: str, question: Question) -> Sequence[Any]:
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
            ends = plain(question.least), plain(question.most)
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
    tables: Tables,
    events: dict[str, str],
    questions: dict[_Asked, Question],
    names: dict[_Asked, str],
) -> list[Sequence[Any]]:
    """One row for each participant and visit, and one for each photo."""
    fields: list[str] = [*_ENROLMENT]
    for asked, question in questions.items():
        fields += _columns(names[asked], question)
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
        asked = one["questionnaire"], one["question"]
        if asked not in questions or one["visit"] not in events:
            continue
        cells = by_visit.setdefault((one["patient_id"], events[one["visit"]]), {})
        cells.update(_cells(names[asked], questions[asked], one["value"]))
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
            boxes = zip(_columns(name, question), question.choices, strict=True)
            return {box: int(one in chosen) for box, one in boxes}
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
