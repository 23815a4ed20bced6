"""Designs and answers as pages send them."""

from __future__ import annotations

import json
from typing import Any

from cutis.web.bodies import Form
from cutis.web.errors import RefusedError
from cutis.web.reading.answering import Given
from cutis.web.reading.design import Choice, Design, answers_of, one_question_tasks
from cutis.web.words import _

_MOST_TEXT = 4000
_WORDS = ("scale", "confidence", "regions", "help", "order", "disagreement", "positive")


def design_values(form: Form, before: Design) -> dict[str, Any]:
    """What a form says of a design, which need not hold.

    Args:
        form: of the page.
        before: what it was; the purpose stays.

    Raises:
        RefusedError: a field cannot be read at all.
    """
    answers = _answers(_lines(form, "answers"))
    values: dict[str, Any] = {
        "purpose": before.purpose,
        "question": form.text("question", most=300, called=_("question")),
        "answers": answers,
        "task": _task(before.task, [one["name"] for one in answers]),
        "back": form.ticked("back"),
        "adjudicator_sees": form.ticked("adjudicator_sees"),
        "washout_days": _whole(form, "washout_days") or 0,
        "seed": _whole(form, "seed") or 0,
        "limit_seconds": _whole(form, "limit_seconds"),
    }
    for name in _WORDS:
        if said := form.text(name, most=40, needed=False):
            values[name] = said
    if values.get("help") not in ("whole", "mixed"):
        values["washout_days"] = 0
    return values


def as_typed(before: Design, values: dict[str, Any]) -> Design:
    """A design as it was typed, to be shown again with what is wrong with it."""
    answers = tuple(Choice.model_construct(**one) for one in values["answers"])
    return Design.model_construct(**{**before.model_dump(), **values, "answers": answers})


def _answers(lines: list[str]) -> list[dict[str, str]]:
    told = []
    for line in lines:
        name, _mark, title = line.partition("=")
        told.append({"name": name.strip(), "title": title.strip()})
    return told


def _task(task: str, names: list[str]) -> str:
    """The task stays as long as the answers are its labels."""
    if task not in one_question_tasks():
        return ""
    return task if [one.name for one in answers_of(task)[0]] == names else ""


def _lines(form: Form, name: str) -> list[str]:
    value = form.data.get(name, "")
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise RefusedError(422, _("The answers are too long."))
    if any(not sign.isprintable() and sign not in "\r\n" for sign in value):
        raise RefusedError(422, _("The answers have characters that cannot be shown. Type them anew."))
    return [line.strip() for line in value.splitlines() if line.strip()]


def _whole(form: Form, name: str) -> int | None:
    said = form.text(name, most=12, needed=False)
    if not said:
        return None
    if not said.isdecimal():
        raise RefusedError(422, _("'%(said)s' is no whole number.") % {"said": said})
    return int(said)


def given_from(form: Form) -> Given:
    """An answer that the room sends.

    Raises:
        RefusedError: it does not hold.
    """
    place, seconds = _whole(form, "place"), form.text("seconds", most=20)
    try:
        regions = json.loads(str(form.data.get("regions") or "[]"))
        visible = float(seconds)
    except (ValueError, RecursionError) as error:
        raise RefusedError(422, _("The answer arrived damaged. Send it again.")) from error
    if place is None or not isinstance(regions, list):
        raise RefusedError(422, _("The answer arrived damaged. Send it again."))
    return Given(
        place=place,
        answer=form.text("answer", most=40, needed=False),
        confidence=_whole(form, "confidence"),
        seconds=visible,
        key=form.text("key", most=64),
        regions=regions,
    )
