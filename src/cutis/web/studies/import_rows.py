"""Rows of what is imported become rows of the platform, once all of them are known to hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import ManifestError
from cutis.core.manifest import Manifest
from cutis.core.table import read_table
from cutis.web.database import Answers, ConsentText, Participant, ProtocolVersion, Site
from cutis.web.database.participant import COMPLETED, ENROLLED, WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.photos import intake
from cutis.web.platform import Platform
from cutis.web.studies.answers import checked
from cutis.web.studies.import_words import retold
from cutis.web.studies.protocol import Protocol, latest, read_protocol
from cutis.web.words import _


@dataclass
class Imported:
    """How much came in; what was there already is not counted."""

    participants: int = 0
    photos: int = 0
    there: int = 0
    answers: int = 0
    sites: int = 0
    protocols: int = 0


@dataclass
class Plan:
    """What is to be written, once all of it is known to hold."""

    people: dict[str, Participant] = field(default_factory=dict)
    new: list[Participant] = field(default_factory=list)
    photos: list[tuple[int, intake.Pixels]] = field(default_factory=list)
    scratches: list[Path] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def write_study(held: Platform, access: Access, session: Session, path: Path, done: Imported) -> None:
    """Protocol and consent texts of an export, into a study that has none of its own."""
    if not path.is_file():
        return
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        protocols = [read_protocol(one["document"]) for one in told.get("protocols", [])]
        texts = [
            (int(one["number"]), str(one["language"])[:8], str(one["text"]))
            for one in told.get("consent_texts", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        words = _("is not as cutis writes it. Export it again, or leave it out.")
        raise ManifestError([f"{path.name}: {words}"]) from error
    if latest(session, access.study) is None:
        for number, protocol in enumerate(protocols, 1):
            session.add(
                ProtocolVersion(
                    study_id=access.study, number=number, document=protocol.document(), made_by=access.user
                )
            )
            done.protocols += 1
    if texts and not session.scalar(
        select(ConsentText.id).where(ConsentText.study_id == access.study).limit(1)
    ):
        session.add_all(
            ConsentText(study_id=access.study, number=n, language=name, text=text, made_by=access.user)
            for n, name, text in texts
        )
    session.flush()


def write_people(
    held: Platform,
    access: Access,
    session: Session,
    manifest: Manifest,
    plan: Plan,
    done: Imported,
    protocols: list[Protocol],
) -> None:
    """Participants of the manifest and of ``participants.csv``; those who are there stay as they are."""
    there = session.scalars(select(Participant).where(Participant.study_id == access.study))
    plan.people = {one.pseudonym: one for one in there}
    sites = {one.name: one for one in session.scalars(select(Site).where(Site.study_id == access.study))}
    rows = {row["patient_id"]: (manifest.path.name, row) for row in reversed(manifest.table.to_dicts())}
    beside = manifest.path.with_name("participants.csv")
    if beside.is_file():
        table = _table(beside)
        rows = {
            **rows,
            **{r["patient_id"]: (beside.name, r) for r in table.to_dicts() if r.get("patient_id")},
        }
    arms = {one.key for each in protocols for one in each.arms}
    for pseudonym, (name, row) in sorted(rows.items()):
        if pseudonym in plan.people or pseudonym is None:
            continue
        where = f"{name}:{row['row']}"
        state, arm, site = row.get("state") or ENROLLED, row.get("arm"), row.get("site")
        if len(pseudonym) > 40 or not pseudonym.isprintable():
            words = _("patient_id is '%(value)s', not a pseudonym of up to 40 characters. Shorten it.")
            plan.wrong.append(f"{where}: {words % {'value': pseudonym[:60]}}")
            continue
        if state not in (ENROLLED, COMPLETED, WITHDRAWN):
            words = _("state is '%(value)s', not one of enrolled, completed, withdrawn. Correct the cell.")
            plan.wrong.append(f"{where}: {words % {'value': state}}")
        if arm and arm not in arms:
            words = _("arm is '%(value)s', not one of %(names)s. Correct the cell, or empty it.")
            names = ", ".join(sorted(arms)) or _("none")
            plan.wrong.append(f"{where}: {words % {'value': arm, 'names': names}}")
        enrolled = moment_of(plan, where, "enrolled", row.get("enrolled"))
        if site and site not in sites:
            sites[site] = Site(study_id=access.study, name=site[:120])
            session.add(sites[site])
            session.flush()
            done.sites += 1
        said = dict(re.findall(r"(\w+)=(yes|no)", row.get("eligibility") or ""))
        one = Participant(
            study_id=access.study,
            pseudonym=pseudonym,
            site_id=sites[site].id if site else None,
            enrolled=enrolled.date() if enrolled else date.today(),
            arm=arm,
            state=state,
            eligibility=said or None,
        )
        session.add(one)
        session.flush()
        plan.people[pseudonym] = one
        done.participants += 1
        held.audit.add(
            session, "participant.added", who=access.who, study=access.study, subject=one.id, imported=True
        )


def write_answers(
    session: Session, access: Access, path: Path, plan: Plan, done: Imported, protocols: list[Protocol]
) -> None:
    """Answers of an export, questionnaire by questionnaire."""
    beside = path.with_name("answers.csv")
    if not beside.is_file():
        return
    lines = [one for one in beside.read_bytes().splitlines() if one.strip()]
    if len(lines) < 2:  # the header alone: nobody answered anything
        return
    table = _table(beside)
    if "value" not in table.columns:
        words = _("there is no column value (the answers). Add it.")
        plan.wrong.append(f"{beside.name}:1: {words}")
        return
    filled: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        names = ("patient_id", "key", "visit", "questionnaire")
        if any(not row.get(name) for name in (*names, "question")):
            words = _("one of %(names)s is empty. Fill it in.")
            told = words % {"names": ", ".join((*names, "question"))}
            plan.wrong.append(f"{beside.name}:{row['row']}: {told}")
            continue
        filled.setdefault(tuple(row[name] for name in names), []).append(row)
    for (pseudonym, key, visit, form), rows in filled.items():
        where = f"{beside.name}:{rows[0]['row']}"
        person = plan.people.get(pseudonym)
        if person is None:
            words = _(
                "patient_id is '%(value)s', who is in no row of the manifest or of participants.csv. Add "
                "them."
            )
            plan.wrong.append(f"{where}: {words % {'value': pseudonym}}")
            continue
        if session.scalar(select(Answers.id).where(Answers.participant_id == person.id, Answers.key == key)):
            continue
        given = {row["question"]: row["value"] for row in rows}
        try:
            number, values = _checked(protocols, visit, form, given)
        except RefusedError as error:
            plan.wrong.append(f"{where}: {error.words}")
            continue
        moment = moment_of(plan, where, "answered", rows[0].get("answered"))
        kept = Answers(
            study_id=access.study,
            participant_id=person.id,
            visit=visit,
            questionnaire=form,
            protocol_number=number,
            values=values,
            key=key[:64],
        )
        if moment:
            kept.created = moment if moment.tzinfo else moment.astimezone()
        session.add(kept)
        done.answers += 1
    session.flush()


def _checked(
    protocols: list[Protocol], visit: str, form: str, given: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """The answers by the newest version that they hold in.

    Raises:
        RefusedError: in none.
    """
    refused: RefusedError | None = None
    for place, protocol in enumerate(protocols):
        asked = protocol.questionnaire(form)
        if asked is None or protocol.visit(visit) is None:
            continue
        several = {one.key for one in asked.questions if one.kind == "several"}
        try:
            values = {k: (str(v).split(";") if k in several and v else v) for k, v in given.items()}
            return len(protocols) - 1 - place, checked(asked, values)
        except RefusedError as error:
            refused = refused or error
    words = _("visit '%(visit)s' with questionnaire '%(form)s' is not in the protocol. Correct the cells.")
    raise refused or RefusedError(422, words % {"visit": visit, "form": form})


def moment_of(plan: Plan, where: str, column: str, text: str | None) -> datetime | None:
    """The moment that a cell names; None where it is empty, or does not hold, which the plan then knows."""
    if not text:
        return None
    words = _(
        "%(column)s is '%(value)s', not a moment such as 2026-05-31 or 2026-05-31T09:30:00. Correct the "
        "cell, or empty it."
    )
    try:
        found = datetime.fromisoformat(text)
        if found.year in intake.YEARS:
            return found
        words = _(
            "%(column)s is '%(value)s', which is not in the years 1900 to 2200. Correct the cell, or empty "
            "it."
        )
    except ValueError:
        pass
    plan.wrong.append(f"{where}: {words % {'column': column, 'value': text[:40]}}")
    return None


def _table(path: Path) -> pl.DataFrame:
    try:
        return read_table(path, ManifestError)
    except ManifestError as error:
        raise ManifestError([retold(one.replace(f"{path.parent}/", "")) for one in error.problems]) from error
