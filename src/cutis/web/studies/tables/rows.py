"""Rows of a study's tables: photos, participants, answers, consents, measures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import (
    Analysis,
    Answers,
    Consent,
    ConsentText,
    Participant,
    Photo,
    StoredBundle,
    Study,
)
from cutis.web.studies import measures
from cutis.web.studies.tables.predictions import source_names


def plain(value: Any) -> str:
    """An answer as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, list) else str(value)


def photo_row(one: Photo, names: dict[str, str], where: dict[str, str]) -> dict[str, Any]:
    """A photo, by its place in the export."""
    return {
        "image": f"images/{one.id}.{one.kind}",
        "image_id": one.id,
        "patient_id": names[one.participant_id],
        "site": where[one.participant_id] or None,
        "visit": one.visit,
        "view": one.view,
        "taken": one.taken,
        "added": one.created.isoformat(timespec="seconds"),
        "added_by": "member" if one.added_by else "participant",
        "width": one.width,
        "height": one.height,
        "sha256": one.digest,
    }


def person_row(one: Participant, where: dict[str, str]) -> dict[str, Any]:
    """A participant."""
    return {
        "patient_id": one.pseudonym,
        "site": where[one.id] or None,
        "enrolled": one.first_day.isoformat(),
        "arm": one.arm,
        "state": one.state,
        "eligibility": ";".join(f"{key}={value}" for key, value in (one.eligibility or {}).items()) or None,
    }


def said_rows(answers: Sequence[Answers], names: dict[str, str]) -> Iterable[dict[str, Any]]:
    """One for each question that was answered."""
    last = {(one.participant_id, one.visit, one.questionnaire): one.id for one in answers}
    for one in answers:
        counts = last[one.participant_id, one.visit, one.questionnaire] == one.id
        for question, value in one.values.items():
            yield {
                "patient_id": names[one.participant_id],
                "visit": one.visit,
                "questionnaire": one.questionnaire,
                "question": question,
                "value": plain(value),
                "protocol": one.protocol_number,
                "answered": one.created.isoformat(timespec="seconds"),
                "counts": "yes" if counts else "no",
                "key": one.key,
            }


def signed_rows(session: Session, study: Study, names: dict[str, str]) -> Iterable[dict[str, Any]]:
    """One for each consent."""
    rows = session.execute(
        select(Consent, ConsentText)
        .join(ConsentText, ConsentText.id == Consent.text_id)
        .where(Consent.study_id == study.id)
        .order_by(Consent.signed, Consent.id)
    )
    for consent, text in rows:
        yield {
            "patient_id": names[consent.participant_id],
            "version": text.number,
            "language": text.language,
            "signed": consent.signed.isoformat(timespec="seconds"),
            "signed_by_clock": consent.signed_by_clock,
            "kind": consent.signature.get("kind"),
            "withdrawn": consent.withdrawn.isoformat(timespec="seconds") if consent.withdrawn else None,
        }


def measured_rows(
    photos: Sequence[Photo],
    names: dict[str, str],
    analyses: dict[str, list[Analysis]],
    bundles: dict[str, StoredBundle],
) -> Iterable[dict[str, Any]]:
    """One for each measure that a model took of a photo."""
    sources = source_names(bundles)
    for photo in photos:
        for one in analyses[photo.id]:
            source = sources.get(one.bundle_digest) or measures.made_by(bundles, one)
            for measure, value in measures.measures_in(one, source).items():
                yield {
                    "image_id": photo.id,
                    "patient_id": names[photo.participant_id],
                    "visit": photo.visit,
                    "view": photo.view,
                    "source": source,
                    "measure": measure.key,
                    "title": measure.title,
                    "value": value,
                }
