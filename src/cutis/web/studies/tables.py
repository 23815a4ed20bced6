"""A study as tables: photos, participants, answers, measures, predictions, and what each column is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import (
    Analysis,
    Answers,
    Consent,
    ConsentText,
    Participant,
    Photo,
    Site,
    StoredBundle,
    Study,
)
from cutis.web.database.participant import WITHDRAWN
from cutis.web.studies import measures
from cutis.web.studies.facts_tables import FACTS, SCORES, facts_of, facts_rows, score_rows
from cutis.web.studies.protocol import Protocol, Question, protocols_of

Table = pl.DataFrame
PHOTOS = {
    "image": "the photo's file, as seen from this table",
    "image_id": "identity of the photo",
    "patient_id": "pseudonym of the participant",
    "site": "where the participant is seen",
    "visit": "key of the protocol's visit; empty outside of it",
    "view": "key of the protocol's view; empty outside of it",
    "taken": "when, by the camera's clock, where the study keeps it",
    "added": "when it arrived, UTC",
    "added_by": "member: at the clinic; participant: by link",
    "width": "pixels",
    "height": "pixels",
    "sha256": "of the file",
}
PEOPLE = {
    "patient_id": "pseudonym of the participant",
    "site": "where the participant is seen",
    "enrolled": "the day from which visits are counted",
    "arm": "key of the arm that chance gave",
    "state": "enrolled, completed or withdrawn",
    "eligibility": "key=yes or key=no of each criterion, as answered at enrolment",
}
SAID = {
    "patient_id": "pseudonym of the participant",
    "visit": "key of the visit",
    "questionnaire": "key of the questionnaire",
    "question": "key of the question",
    "value": "the answer; several choices are joined by ;",
    "protocol": "version of the protocol that was answered",
    "answered": "when, UTC; of several of one visit the latest counts",
    "counts": "yes for the answers that count",
    "key": "the sender's own name of these answers",
}
SIGNED = {
    "patient_id": "pseudonym of the participant",
    "version": "of the consent text",
    "language": "of the text that was signed",
    "signed": "when, UTC",
    "signed_by_clock": "when, as the device said",
    "kind": "drawn on the screen, or on paper; signatures are not exported",
    "withdrawn": "when, UTC",
}
MEASURED = {
    "image_id": "identity of the photo",
    "patient_id": "pseudonym of the participant",
    "visit": "key of the visit",
    "view": "key of the view",
    "source": "name and version of the model",
    "measure": "what is measured",
    "title": "in words",
    "value": "the number; shares are from 0 to 1",
}
_WHOLE = ("width", "height", "version", "protocol", "low", "high", "published")


@dataclass(frozen=True)
class Tables:
    """Everything of a study that is exported but pixels; of who withdrew, only that they did.

    Attributes:
        photos: rows of the manifest, in its order.
        predictions: by name of the file, without its ending.
    """

    study: Study
    protocols: list[tuple[int, Protocol]]
    photos: list[Photo]
    manifest: Table
    participants: Table
    answers: Table
    consents: Table
    measures: Table
    facts: Table
    scores: Table
    predictions: dict[str, Table]
    dictionary: Table


def tables_of(session: Session, study: Study) -> Tables:
    """A study as tables.

    Args:
        session: of `Database.reading`, which sees one moment.
        study: of which.
    """
    people = session.scalars(
        select(Participant).where(Participant.study_id == study.id).order_by(Participant.pseudonym)
    ).all()
    names = {one.id: one.pseudonym for one in people}
    shown = {one.id for one in people if one.state != WITHDRAWN}
    sites = {one.id: one.name for one in session.scalars(select(Site).where(Site.study_id == study.id))}
    where = {one.id: sites.get(one.site_id or "", "") for one in people}
    photos = [
        one
        for one in session.scalars(
            select(Photo).where(Photo.study_id == study.id).order_by(Photo.created, Photo.id)
        )
        if one.participant_id in shown
    ]
    protocols = list(protocols_of(session, study))
    analyses = measures.done_of_each(session, photos)
    bundles = measures.bundles_of(session, (one for some in analyses.values() for one in some))
    entered = facts_of(session, photos)
    manifest = _table(PHOTOS, (_photo(one, names, where) for one in photos))
    said = [a for a in _answers(session, study) if a.participant_id in shown]
    tables = {
        "manifest": manifest,
        "participants": _table(PEOPLE, (_person(one, where) for one in people)),
        "answers": _table(SAID, _said(said, names)),
        "consents": _table(SIGNED, _signed(session, study, names)),
        "measures": _table(MEASURED, _measured(photos, names, analyses, bundles)),
        "facts": _table(FACTS, facts_rows(entered, photos, names)),
        "scores": _table(SCORES, score_rows(entered, photos, names)),
    }
    predictions = _predictions(photos, names, analyses, bundles)
    return Tables(
        study=study,
        protocols=protocols,
        photos=photos,
        **tables,
        predictions=predictions,
        dictionary=_dictionary(tables, predictions, protocols),
    )


def questions_of(protocols: Sequence[tuple[int, Protocol]]) -> dict[tuple[str, str], Question]:
    """Every question of any version, by questionnaire and question; the newest wording, choices of all."""
    found: dict[tuple[str, str], Question] = {}
    for _number, protocol in protocols:
        for form in protocol.questionnaires:
            for question in form.questions:
                before = found.get((form.key, question.key))
                if before is None:
                    found[form.key, question.key] = question
                elif before.choices:
                    more = [one for one in question.choices if one not in before.choices]
                    found[form.key, question.key] = before.model_copy(
                        update={"choices": (*before.choices, *more)}
                    )
    return found


def source_names(bundles: dict[str, StoredBundle]) -> dict[str, str]:
    """``NAME VERSION`` of each bundle, by digest; two of one name have the digest's beginning behind it."""
    called = {digest: f"{one.name} {one.version}" for digest, one in bundles.items()}
    twice = {name for name in called.values() if list(called.values()).count(name) > 1}
    return {digest: f"{name} {digest[:8]}" if name in twice else name for digest, name in called.items()}


def plain(value: Any) -> str:
    """An answer as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ";".join(value) if isinstance(value, list) else str(value)


def _table(columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> Table:
    kinds: dict[str, Any] = {
        name: pl.Float64 if name == "value" and "measure" in columns else pl.String for name in columns
    }
    kinds.update({name: pl.Int64 for name in _WHOLE if name in columns})
    return pl.DataFrame(list(rows), schema=kinds, orient="row")


def _photo(one: Photo, names: dict[str, str], where: dict[str, str]) -> dict[str, Any]:
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


def _person(one: Participant, where: dict[str, str]) -> dict[str, Any]:
    return {
        "patient_id": one.pseudonym,
        "site": where[one.id] or None,
        "enrolled": one.first_day.isoformat(),
        "arm": one.arm,
        "state": one.state,
        "eligibility": ";".join(f"{key}={value}" for key, value in (one.eligibility or {}).items()) or None,
    }


def _answers(session: Session, study: Study) -> list[Answers]:
    chosen = select(Answers).where(Answers.study_id == study.id)
    return list(session.scalars(chosen.order_by(Answers.created, Answers.id)))


def _said(answers: Sequence[Answers], names: dict[str, str]) -> Iterable[dict[str, Any]]:
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


def _signed(session: Session, study: Study, names: dict[str, str]) -> Iterable[dict[str, Any]]:
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


def _measured(
    photos: Sequence[Photo],
    names: dict[str, str],
    analyses: dict[str, list[Analysis]],
    bundles: dict[str, StoredBundle],
) -> Iterable[dict[str, Any]]:
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


def _predictions(
    photos: Sequence[Photo],
    names: dict[str, str],
    analyses: dict[str, list[Analysis]],
    bundles: dict[str, StoredBundle],
) -> dict[str, Table]:
    """One table for each task and set of labels, since one row has all the probabilities of its table."""
    sources = source_names(bundles)
    rows = defaultdict[tuple[str, tuple[str, ...]], list[dict[str, Any]]](list)
    for photo in photos:
        head = {"image_id": photo.id, "patient_id": names[photo.participant_id]}
        for one in analyses[photo.id]:
            source = sources.get(one.bundle_digest) or measures.made_by(bundles, one)
            said = _prediction(one.result or {})
            if said:
                task = str((one.result or {})["task"])
                rows[task, tuple(said)].append({**head, "source": source, "kind": "model", **said})
    made: dict[str, Table] = {}
    for (task, _columns), some in rows.items():
        name, number = task, 2
        while name in made:
            name, number = f"{task}_{number}", number + 1
        made[name] = pl.DataFrame(some, infer_schema_length=None)
    return made


def _prediction(said: dict[str, Any]) -> dict[str, Any]:
    """What `cutis.core.predictions` has of a photo's analysis; empty where that has no one answer."""
    if not said.get("suits", {}).get("suits", True):
        return {}
    if said.get("kind") == "quality" and "good" in said:
        return {
            "prediction": said["grade"],
            "grade": said["grade"],
            "reason": said["reason"],
            "passed": "yes" if said["passed"] else "no",
            "p_good": float(said["good"]),
            "p_good_region": None if said.get("good_region") is None else float(said["good_region"]),
            **{f"p_reason_{name}": float(share) for name, share in said.get("findings", {}).items()},
        }
    if said.get("kind") in ("classes", "grade") and said.get("labels"):
        chances = {f"p_{one['name']}": float(one["probability"]) for one in said["labels"]}
        return {"prediction": said["answer"], **chances}
    return {}


def _dictionary(
    tables: dict[str, Table], predictions: dict[str, Table], protocols: Sequence[tuple[int, Protocol]]
) -> Table:
    """One line for each column of each table, and one for each question."""
    words = {
        "manifest": PHOTOS,
        "participants": PEOPLE,
        "answers": SAID,
        "consents": SIGNED,
        "measures": MEASURED,
        "facts": FACTS,
        "scores": SCORES,
    }
    lines: list[dict[str, str | None]] = [
        {"table": name, "column": column, "kind": _kind(tables[name], column), "title": title}
        for name, columns in words.items()
        for column, title in columns.items()
    ]
    for name, table in predictions.items():
        lines += [
            {
                "table": f"predictions/{name}",
                "column": column,
                "kind": _kind(table, column),
                "title": _of_predictions(column),
            }
            for column in table.columns
        ]
    for (form, key), question in questions_of(protocols).items():
        ends = question.ends if question.kind == "scale" else (question.least, question.most)
        lines.append(
            {
                "table": "answers",
                "column": f"{form}.{key}",
                "kind": question.kind,
                "title": question.text,
                "choices": ";".join(question.choices) or None,
                "unit": question.unit or None,
                "least": None if ends[0] is None else f"{ends[0]:g}",
                "most": None if ends[1] is None else f"{ends[1]:g}",
                "needed": "yes" if question.needed else "no",
            }
        )
    columns = ("table", "column", "kind", "title", "choices", "unit", "least", "most", "needed")
    return pl.DataFrame(lines, schema=dict.fromkeys(columns, pl.String), orient="row")


def _kind(table: Table, column: str) -> str:
    kind = table.schema[column]
    return "whole number" if kind == pl.Int64 else "number" if kind == pl.Float64 else "text"


def _of_predictions(column: str) -> str:
    known = {
        "image_id": PHOTOS["image_id"],
        "patient_id": PHOTOS["patient_id"],
        "source": "name and version of the model",
        "kind": "model",
        "prediction": "the answer",
        "grade": "of the photo's quality",
        "reason": "why the photo is not good enough",
        "passed": "the quality gate let the photo pass",
        "p_good": "probability that the photo is good enough",
        "p_good_region": "the same, of the region of interest; empty where it was not looked at",
    }
    if column.startswith("p_reason_"):
        return f"probability of this reason: {column.removeprefix('p_reason_').replace('_', ' ')}"
    return known.get(column) or f"probability of {column.removeprefix('p_')}"
