"""The protocol as a form: filled in, changed part by part without being saved, and read back.

Names of fields are paths, such as ``visits.0.name``; a part's hidden ``was`` is the key under which others
refer to it, so that a key can be changed and its references follow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import FormData

from cutis.web.studies.protocol import Protocol, plain

Draft = dict[str, Any]
_PART = re.compile(r"(views|visits|questionnaires|eligibility|arms)\.(\d{1,3})\.(.+)")
_QUESTION = re.compile(r"questions\.(\d{1,3})\.(\w+)")
_DO = re.compile(r"(add|remove|up):((?:\w+)(?:\.\d{1,3}\.\w+)?)(?::(\d{1,3}))?")
_NEW: dict[str, Draft] = {
    "views": {"name": "", "outline": "none", "kind": "", "advice": "", "needed": True},
    "visits": {"name": "", "day": "0", "before": "0", "after": "0", "views": [], "questionnaires": []},
    "questionnaires": {"title": "", "questions": []},
    "questions": {
        "text": "",
        "kind": "choice",
        "choices": "",
        "unit": "",
        "least": "",
        "most": "",
        "needed": True,
    },
    "eligibility": {"text": "", "must": "yes"},
    "arms": {"name": "", "weight": "1"},
}
_STEMS = {
    "views": "view",
    "visits": "visit",
    "questionnaires": "form",
    "questions": "question",
    "eligibility": "criterion",
    "arms": "arm",
}
_LARGEST = 200  # parts of a kind that a form may have, so that nobody fills the memory


def draft_of(protocol: Protocol) -> Draft:
    """A protocol as the form shows it."""
    draft = protocol.document()
    for kind in ("views", "visits", "questionnaires", "eligibility", "arms"):
        for part in draft[kind]:
            part["was"], part["kept"] = part["key"], True
    for form in draft["questionnaires"]:
        for question in form["questions"]:
            question["was"], question["kept"] = question["key"], True
            question["choices"] = "\n".join(question["choices"])
            question["least"], question["most"] = plain(question["least"]), plain(question["most"])
    return draft


def read_draft(data: FormData) -> Draft:
    """What was filled in; nothing is checked, so that all of it can be shown again."""
    draft: Draft = {kind: [] for kind in ("views", "visits", "questionnaires", "eligibility", "arms")}
    draft["on_withdrawal"] = str(data.get("on_withdrawal", "delete"))
    found: dict[str, dict[int, Draft]] = {kind: {} for kind in _STEMS if kind != "questions"}
    for name, value in data.multi_items():
        match = _PART.fullmatch(name)
        if match is None or not isinstance(value, str):
            continue
        kind, place, rest = match[1], int(match[2]), match[3]
        part = found[kind].setdefault(place, {"questions": {}} if kind == "questionnaires" else {})
        if inner := _QUESTION.fullmatch(rest):
            if kind == "questionnaires":
                part["questions"].setdefault(int(inner[1]), {})[inner[2]] = value
        elif rest in ("views", "questionnaires"):
            part.setdefault(rest, []).append(value)
        elif rest.isidentifier():
            part[rest] = value
    for kind, parts in found.items():
        draft[kind] = [_whole(kind, parts[place]) for place in sorted(parts)][:_LARGEST]
    _name(draft)
    return draft


def change(draft: Draft, do: str) -> str:
    """Add, remove or move a part: ``add:views``, ``remove:visits:2``, ``up:questionnaires.0.questions:1``.

    Returns:
        The name of the field to go to next; empty when nothing was understood.
    """
    match = _DO.fullmatch(do)
    if match is None:
        return ""
    act, where, place = match[1], match[2], int(match[3] or 0)
    kind = where.rpartition(".")[2]
    parts = _parts(draft, where)
    if parts is None or kind not in _NEW:
        return ""
    if act == "add" and len(parts) < _LARGEST:
        parts.append(_fresh(kind))
        _name(draft)
        return f"{where}.{len(parts) - 1}.{next(iter(_NEW[kind]))}"
    if act == "remove" and place < len(parts):
        gone = parts.pop(place)
        for visit in draft["visits"]:
            if kind in ("views", "questionnaires"):
                visit[kind] = [key for key in visit[kind] if key != gone["key"]]
        return f"{where}.{max(0, place - 1)}.{next(iter(_NEW[kind]))}"
    if act == "up" and 0 < place < len(parts):
        parts[place - 1], parts[place] = parts[place], parts[place - 1]
        return f"{where}.{place - 1}.{next(iter(_NEW[kind]))}"
    return ""


def document_of(draft: Draft) -> Draft:
    """The draft as a protocol's document, to be checked by `read_protocol`."""
    made: Draft = {"on_withdrawal": draft["on_withdrawal"]}
    made["views"] = [
        _only(one, "key", "name", "outline", "kind", "advice", "needed") for one in draft["views"]
    ]
    made["visits"] = [
        {
            **_only(one, "key", "name", "views", "questionnaires"),
            **{n: _number(one[n]) for n in ("day", "before", "after")},
        }
        for one in draft["visits"]
    ]
    made["questionnaires"] = [
        {**_only(form, "key", "title"), "questions": [_question(q) for q in form["questions"]]}
        for form in draft["questionnaires"]
    ]
    made["eligibility"] = [_only(one, "key", "text", "must") for one in draft["eligibility"]]
    made["arms"] = [{**_only(one, "key", "name"), "weight": _number(one["weight"])} for one in draft["arms"]]
    return made


def _question(one: Draft) -> Draft:
    kind = one["kind"]
    lines = [line.strip() for line in str(one["choices"]).splitlines() if line.strip()]
    with_ends = kind in ("number", "scale")
    return {
        **_only(one, "key", "text", "kind", "needed"),
        # What another kind of question had is dropped: fields of all kinds are on the page without scripts.
        "choices": lines if kind in ("choice", "several") else [],
        "unit": one["unit"] if kind == "number" else "",
        "least": _number(one["least"]) if with_ends and one["least"] != "" else None,
        "most": _number(one["most"]) if with_ends and one["most"] != "" else None,
    }


def _whole(kind: str, part: Draft) -> Draft:
    """A part with every field that the form has; an unticked box is not sent."""
    whole = {**_fresh(kind), **{key: value for key, value in part.items() if key != "questions"}}
    whole["kept"] = part.get("kept") == "yes"
    if "needed" in whole:
        whole["needed"] = part.get("needed") == "yes"
    if kind == "questionnaires":
        inner = part.get("questions", {})
        whole["questions"] = [_whole("questions", inner[place]) for place in sorted(inner)][:_LARGEST]
    return whole


def _fresh(kind: str) -> Draft:
    fresh = {name: list(value) if isinstance(value, list) else value for name, value in _NEW[kind].items()}
    if kind == "questionnaires":
        fresh["questions"] = [_fresh("questions")]
    return {**fresh, "key": "", "was": "", "kept": False}


def _name(draft: Draft) -> None:
    """Give every part a key, by its name where it has one; visits refer to parts by their new keys."""
    for kind in ("views", "questionnaires"):
        renamed = _keys(kind, draft[kind])
        for visit in draft["visits"]:
            visit[kind] = [renamed.get(key, key) for key in visit[kind]]
    for kind in ("visits", "eligibility", "arms"):
        _keys(kind, draft[kind])
    for form in draft["questionnaires"]:
        _keys("questions", form["questions"])


def _keys(kind: str, parts: list[Draft]) -> dict[str, str]:
    """Fill empty keys in; the old keys with their new ones."""
    taken = {part["key"] for part in parts if part["key"]}
    for part in parts:
        if not part["key"]:
            part["key"] = _free(_slug(part.get("name") or part.get("title") or ""), _STEMS[kind], taken)
            taken.add(part["key"])
    renamed = {part["was"]: part["key"] for part in parts if part["was"]}
    for part in parts:
        part["was"] = part["key"]
    return renamed


def _slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:24].strip("_")
    return slug if slug[:1].isalpha() else ""


def _free(wanted: str, stem: str, taken: Iterable[str]) -> str:
    if wanted and wanted not in taken:
        return wanted
    number = 1
    while f"{wanted or stem}_{number}" in taken:
        number += 1
    return f"{wanted or stem}_{number}"


def _parts(draft: Draft, where: str) -> list[Draft] | None:
    first, _, rest = where.partition(".")
    if not rest:
        found = draft.get(first)
        return found if isinstance(found, list) else None
    place, _, inner = rest.partition(".")
    outer = draft.get(first)
    if (
        inner == "questions"
        and first == "questionnaires"
        and isinstance(outer, list)
        and int(place) < len(outer)
    ):
        questions: list[Draft] = outer[int(place)]["questions"]
        return questions
    return None


def _only(part: Draft, *names: str) -> Draft:
    return {name: part[name] for name in names}


def _number(text: Any) -> Any:
    """A number, or the text itself, which the protocol then refuses by its place."""
    try:
        number = float(str(text).strip() or "0")
    except ValueError:
        return text
    return int(number) if number.is_integer() else number
