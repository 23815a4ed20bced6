"""Consent: the text that counts, signing it, and withdrawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import AuditEntry, Consent, ConsentText, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.studies import erasure
from cutis.web.studies.participants import need_taking_part, participant_of
from cutis.web.studies.protocol import protocol_of
from cutis.web.words import _

LANGUAGES = {"en": "English", "ja": "日本語", "zh": "中文", "fr": "Français"}
LONGEST = 40_000  # characters of a text
_POINTS = 20_000  # of a signature
Stroke = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Receipt:
    """What a withdrawal did.

    Attributes:
        action: ``delete`` or ``lock``, as the protocol said then.
        line: number of the audit's line.
        seal: of that line; what a printed receipt carries.
        photos, answers, analyses: how many were deleted or locked.
        shared: photos of which another one has the same pixels, so that the file stays.
    """

    participant: str
    pseudonym: str
    action: str
    moment: datetime
    line: int
    seal: str
    photos: int
    answers: int
    analyses: int
    shared: int


def text_now(session: Session, study: Study | str, language: str = "en") -> ConsentText | None:
    """The consent text that counts: of the newest version, in a language, else in English, else in any.

    Args:
        session: of the database.
        study: or its identity.
        language: wanted, such as ``ja``.

    Returns:
        None where the study has no text: it asks for no consent here.
    """
    texts = texts_now(session, study)
    return next(
        (one for wanted in (language, "en") for one in texts if one.language == wanted), None
    ) or next(iter(texts), None)


def texts_now(session: Session, study: Study | str) -> Sequence[ConsentText]:
    """The newest version in all its languages."""
    identity = study if isinstance(study, str) else study.id
    of_study = ConsentText.study_id == identity
    newest = select(func.max(ConsentText.number)).where(of_study).scalar_subquery()
    chosen = select(ConsentText).where(of_study, ConsentText.number == newest)
    return session.scalars(chosen.order_by(ConsentText.language)).all()


def consent_of(session: Session, participant: str) -> Consent | None:
    """The consent of a participant that holds: the newest one that was not withdrawn."""
    chosen = select(Consent).where(Consent.participant_id == participant, Consent.withdrawn.is_(None))
    return session.scalar(chosen.order_by(Consent.signed.desc(), Consent.id).limit(1))


def sign(
    held: Platform,
    access: Access,
    participant: str,
    text: str,
    strokes: Sequence[Stroke] = (),
    *,
    kind: Literal["drawn", "paper"] = "drawn",
    clock: str = "",
) -> Consent:
    """Keep a participant's signature under a text; signed again, it is the same consent.

    Args:
        held: the platform.
        access: who sends it, and to which study.
        participant: identity.
        text: identity of the consent text, of the version that counts.
        strokes: each a list of [x, y], from 0 to 1 of the field's width and height.
        kind: ``paper`` where it was signed on paper, which the clinic keeps; there are no strokes then.
        clock: of the device, ISO 8601; kept beside the server's.

    Raises:
        RefusedError: no such participant, withdrawn, the text is not the one that counts, or no signature.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        need_taking_part(session, access.study, participant)
        drawn = _strokes(strokes)
        if (kind == "drawn") != bool(drawn):
            raise RefusedError(422, _("There is no signature. Sign in the field."), title=_("Not signed"))
        found = session.scalar(
            select(ConsentText).where(ConsentText.id == text, ConsentText.study_id == access.study)
        )
        if found is None:
            raise RefusedError(
                404, _("There is no such consent text in this study."), title=_("No such text")
            )
        same = select(Consent).where(Consent.participant_id == participant, Consent.text_id == text)
        if (there := session.scalar(same.where(Consent.withdrawn.is_(None)))) is not None:
            return there
        if found.number != texts_now(session, access.study)[0].number:
            raise RefusedError(
                409, _("The text has a newer version. Read and sign that one."), title=_("A newer text")
            )
        kept = Consent(
            study_id=access.study,
            participant_id=participant,
            text_id=text,
            signature={"kind": kind, "strokes": drawn},
            signed_by_clock=clock[:40] or None,
        )
        session.add(kept)
        session.flush()
        held.audit.add(
            session,
            "consent.signed",
            who=access.who,
            study=access.study,
            subject=kept.id,
            participant=participant,
            version=found.number,
            language=found.language,
            kind=kind,
        )
    return kept


def withdraw(held: Platform, access: Access, participant: str) -> Receipt:
    """End a participant's part in the study, and delete or lock the data, as the protocol says.

    Again, it gives the same receipt.

    Raises:
        RefusedError: no such participant.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = participant_of(session, access.study, participant)
        if found.state == WITHDRAWN:
            return receipt_of(session, access.study, participant)
        action, moment = protocol_of(session, access.study).on_withdrawal, now()
        ending = erasure.erase if action == "delete" else erasure.lock
        done = ending(held, session, found)
        found.state = WITHDRAWN
        consents = session.scalars(select(Consent).where(Consent.participant_id == participant)).all()
        for one in consents:
            if action == "delete":
                one.signature = {**one.signature, "strokes": []}
        held.audit.add(
            session,
            "consent.withdrawn",
            who=access.who,
            study=access.study,
            subject=participant,
            data=action,
            photos=done.photos,
            answers=done.answers,
            analyses=done.analyses,
            shared=done.shared,
        )
        receipt = receipt_of(session, access.study, participant)
        for one in consents:
            if one.withdrawn is None:
                one.withdrawn, one.receipt = moment, receipt.seal
    erasure.remove_files(held, done)
    return receipt


def receipt_of(session: Session, study: str, participant: str) -> Receipt:
    """The receipt of a withdrawal, from its line of the audit.

    Raises:
        RefusedError: no such participant, or no withdrawal.
    """
    found = participant_of(session, study, participant)
    line = session.scalar(
        select(AuditEntry)
        .where(
            AuditEntry.study == study,
            AuditEntry.subject == participant,
            AuditEntry.action == "consent.withdrawn",
        )
        .order_by(AuditEntry.number.desc())
        .limit(1)
    )
    if line is None:
        raise RefusedError(409, _("This participant has not withdrawn."), title=_("No receipt"))
    told: dict[str, Any] = line.details
    return Receipt(
        participant=participant,
        pseudonym=found.pseudonym,
        action=told["data"],
        moment=datetime.fromisoformat(line.moment),
        line=line.number,
        seal=line.seal,
        photos=told["photos"],
        answers=told["answers"],
        analyses=told["analyses"],
        shared=told["shared"],
    )


def _strokes(strokes: Sequence[Stroke]) -> list[list[list[float]]]:
    """A signature's lines, checked.

    Raises:
        RefusedError: they are no lines of points.
    """
    made, points = list[list[list[float]]](), 0
    try:
        for stroke in strokes:
            line = [[round(float(x), 4), round(float(y), 4)] for x, y in stroke]
            points += len(line)
            if points > _POINTS or not all(math.isfinite(n) and 0 <= n <= 1 for point in line for n in point):
                raise ValueError
            made.append(line)
    except (TypeError, ValueError) as error:
        raise RefusedError(
            422, _("The signature arrived damaged. Sign again."), title=_("Not signed")
        ) from error
    return made if points > 1 else []


__all__ = ["LANGUAGES", "Receipt", "consent_of", "receipt_of", "sign", "text_now", "texts_now", "withdraw"]
