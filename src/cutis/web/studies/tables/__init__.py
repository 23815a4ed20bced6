"""A study as tables: photos, participants, answers, measures, predictions, and what each column is."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Answers, Participant, Photo, Site, Study
from cutis.web.database.participant import WITHDRAWN
from cutis.web.studies import measures
from cutis.web.studies.facts_tables import FACTS, SCORES, facts_of, facts_rows, score_rows
from cutis.web.studies.protocol import Protocol, protocols_of
from cutis.web.studies.tables.columns import MEASURED, PEOPLE, PHOTOS, SAID, SIGNED, table
from cutis.web.studies.tables.dictionary import dictionary_of
from cutis.web.studies.tables.predictions import predictions_of
from cutis.web.studies.tables.rows import measured_rows, person_row, photo_row, said_rows, signed_rows

Table = pl.DataFrame


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
    photos = [one for one in _photos(session, study) if one.participant_id in shown]
    protocols = list(protocols_of(session, study))
    analyses = measures.done_of_each(session, photos)
    bundles = measures.bundles_of(session, (one for some in analyses.values() for one in some))
    entered = facts_of(session, photos)
    said = [a for a in _answers(session, study) if a.participant_id in shown]
    tables = {
        "manifest": table(PHOTOS, (photo_row(one, names, where) for one in photos)),
        "participants": table(PEOPLE, (person_row(one, where) for one in people)),
        "answers": table(SAID, said_rows(said, names)),
        "consents": table(SIGNED, signed_rows(session, study, names)),
        "measures": table(MEASURED, measured_rows(photos, names, analyses, bundles)),
        "facts": table(FACTS, facts_rows(entered, photos, names)),
        "scores": table(SCORES, score_rows(entered, photos, names)),
    }
    predictions = predictions_of(photos, names, analyses, bundles)
    return Tables(
        study=study,
        protocols=protocols,
        photos=photos,
        **tables,
        predictions=predictions,
        dictionary=dictionary_of(tables, predictions, protocols),
    )


def _photos(session: Session, study: Study) -> list[Photo]:
    chosen = select(Photo).where(Photo.study_id == study.id)
    return list(session.scalars(chosen.order_by(Photo.created, Photo.id)))


def _answers(session: Session, study: Study) -> list[Answers]:
    chosen = select(Answers).where(Answers.study_id == study.id)
    return list(session.scalars(chosen.order_by(Answers.created, Answers.id)))
