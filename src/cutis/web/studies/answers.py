"""Answers to questionnaires: checked against the protocol, and kept exactly once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Answers
from cutis.web.database.row import new_id
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.studies.participants import need_taking_part
from cutis.web.studies.protocol import Question, Questionnaire, plain, protocols_of
from cutis.web.words import _, later

TITLE = later("The answers do not hold")
LONGEST = 2000  # characters of a text
_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def add_answers(
    held: Platform,
    access: Access,
    participant: str,
    visit: str,
    questionnaire: str,
    values: Mapping[str, Any],
    key: str = "",
) -> Answers:
    """Keep a questionnaire's answers; the same key, sent again, is the same answers.

    Args:
        held: the platform.
        access: who sends them, and to which study.
        participant: identity.
        visit, questionnaire: keys of the protocol.
        values: question's key -> text, number, list of choices or True/False; None and "" are no answer.
        key: the sender's own name of these answers.

    Raises:
        RefusedError: they do not hold; every question that does not is named.
    """
    if key and not _KEY.fullmatch(key):
        raise RefusedError(422, _("The key of the answers may have 64 letters, digits and -_.: in it."))
    key = key or new_id()
    with held.database.writing() as session:
        held.audit.lock(session)
        need_taking_part(session, access.study, participant)
        same = select(Answers).where(Answers.participant_id == participant, Answers.key == key)
        if (there := session.scalar(same)) is not None:
            return there
        number, asked = _asked(session, access.study, visit, questionnaire)
        kept = Answers(
            study_id=access.study,
            participant_id=participant,
            visit=visit,
            questionnaire=questionnaire,
            protocol_number=number,
            values=checked(asked, values),
            key=key,
        )
        session.add(kept)
        session.flush()
        held.audit.add(
            session,
            "answers.added",
            who=access.who,
            study=access.study,
            subject=kept.id,
            participant=participant,
            visit=visit,
            questionnaire=questionnaire,
        )
    return kept


def checked(questionnaire: Questionnaire, values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as they are kept: of each question by its kind, unanswered ones left out.

    Raises:
        RefusedError: every answer that does not hold, at once.
    """
    wrong, kept = list[str](), dict[str, Any]()
    known = {one.key for one in questionnaire.questions}
    wrong += [
        _("'%(key)s' is not a question of '%(title)s'.") % {"key": key[:40], "title": questionnaire.title}
        for key in values
        if key not in known
    ]
    for question in questionnaire.questions:
        value = values.get(question.key)
        if value is None or value in ("", []):
            if question.needed:
                wrong.append(_("'%(question)s' has no answer. Answer it.") % {"question": question.text})
            continue
        try:
            kept[question.key] = _value(question, value)
        except ValueError as error:
            wrong.append(_("'%(question)s': %(why)s.") % {"question": question.text, "why": error})
    if wrong:
        raise RefusedError(422, " ".join(wrong[:10]), title=_(TITLE))
    return kept


def answers_of(session: Session, study: str, participant: str = "") -> list[Answers]:
    """Answers of a study or of one participant, the oldest first."""
    chosen = select(Answers).where(Answers.study_id == study)
    if participant:
        chosen = chosen.where(Answers.participant_id == participant)
    return list(session.scalars(chosen.order_by(Answers.created, Answers.id)))


def latest_of(answers: Iterable[Answers]) -> dict[tuple[str, str, str], Answers]:
    """The answers that count, by participant, visit and questionnaire; given the oldest first."""
    return {(one.participant_id, one.visit, one.questionnaire): one for one in answers}


def _asked(session: Session, study: str, visit: str, questionnaire: str) -> tuple[int, Questionnaire]:
    """The questionnaire in the newest version whose visit asks for it: phones may know an older one."""
    for number, protocol in protocols_of(session, study):
        found = protocol.visit(visit)
        asked = protocol.questionnaire(questionnaire)
        if found is not None and asked is not None and questionnaire in found.questionnaires:
            return number, asked
    raise RefusedError(
        422,
        _("Visit '%(visit)s' with questionnaire '%(form)s' is not in the protocol.")
        % {"visit": visit[:40], "form": questionnaire[:40]},
        title=_("Not in the protocol"),
    )


def _value(question: Question, value: Any) -> Any:
    """One answer.

    Raises:
        ValueError: it does not hold; says why, and what would.
    """
    match question.kind:
        case "choice":
            if value not in question.choices:
                raise ValueError(_("'%(value)s' is not one of %(choices)s") % _said(value, question))
            return value
        case "several":
            chosen = [value] if isinstance(value, str) else value
            if not isinstance(chosen, list | tuple) or any(one not in question.choices for one in chosen):
                raise ValueError(_("'%(value)s' are not some of %(choices)s") % _said(value, question))
            return [one for one in question.choices if one in chosen]
        case "number" | "scale":
            return _number(question, value)
        case "date":
            try:
                return date.fromisoformat(str(value)).isoformat()
            except ValueError as error:
                raise ValueError(_("'%(value)s' is not a day such as 2026-05-31") % _said(value)) from error
        case "yes_no":
            if value in (True, "yes"):
                return True
            if value in (False, "no"):
                return False
            raise ValueError(_("'%(value)s' is neither yes nor no") % _said(value))
        case "text":
            return _text(value)


def _number(question: Question, value: Any) -> float | int:
    try:
        number = float(str(value).strip())
    except ValueError as error:
        raise ValueError(_("'%(value)s' is not a number such as 2.5") % _said(value)) from error
    least, most = question.ends if question.kind == "scale" else (question.least, question.most)
    if not math.isfinite(number) or isinstance(value, bool):
        raise ValueError(_("'%(value)s' is not a number such as 2.5") % _said(value))
    if question.kind == "scale" and number % 1:
        raise ValueError(_("%(value)s is not a whole number") % {"value": plain(number)})
    if (least is not None and number < least) or (most is not None and number > most):
        ends = (
            _("from %(least)s")
            if most is None
            else _("up to %(most)s")
            if least is None
            else _("%(least)s to %(most)s")
        ) % {"least": plain(least), "most": plain(most)}
        raise ValueError(
            _("%(value)s is out of range, which is %(ends)s") % {"value": plain(number), "ends": ends}
        )
    return int(number) if number.is_integer() else number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_("is not text"))
    text = value.strip()
    if len(text) > LONGEST:
        words = _("has %(count)s characters, more than %(most)s. Shorten it")
        raise ValueError(words % {"count": len(text), "most": LONGEST})
    if any(not sign.isprintable() and sign not in "\r\n\t" for sign in text):
        raise ValueError(_("has characters that cannot be shown. Type it anew"))
    return text


def _said(value: object, question: Question | None = None) -> dict[str, str]:
    return {"value": str(value)[:60], "choices": ", ".join(question.choices) if question else ""}
