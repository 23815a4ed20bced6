"""The way of a delivery, a step at a time; each ends in one transaction, and may be begun again.

    arrived ──▶ taken ──▶ made ──▶ done
       │          │         └────▶ dead        a receiver did not take the results
       │          └──────────────▶ withdrawn   the participant withdrew
       ├─▶ unassigned                          nobody says who it is, or which study it is for
       └─▶ refused                             it is no photo that is taken

A step that is cut off is done again from its beginning, and finds what it had done: a participant by the
patient's key, a photo by the delivery's name, results by UIDs that follow from what they are made of.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.web.database import Analysis, Delivery, Dispatch, Study
from cutis.web.database import analysis as analyses
from cutis.web.database.delivery import (
    ARRIVED,
    DEAD,
    DONE,
    MADE,
    REFUSED,
    TAKEN,
    UNASSIGNED,
    WAITING,
)
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.gateway import results, withdrawal
from cutis.web.gateway.arrive import NO_PATIENT
from cutis.web.gateway.gateway import Gateway, made, sync_folder
from cutis.web.gateway.patients import Patient, WithdrewError, participant_for
from cutis.web.gateway.peers import Record
from cutis.web.gateway.rules import Rule
from cutis.web.photos.intake import take_in
from cutis.web.photos.sharing import incoming

NO_RULE = "No rule fits it. Add one to the gateway's document; it goes on by itself after the next start."
NO_STUDY = "Its rule names a study that is not here. Correct the gateway's document."


def advance(gateway: Gateway, delivery: str) -> bool:
    """Do the next step of a delivery.

    Args:
        gateway: that works.
        delivery: identity.

    Returns:
        Whether the next one can be begun at once.
    """
    with gateway.platform.database.reading() as session:
        found = session.get(Delivery, delivery)
    if found is None:
        return False
    if found.state == ARRIVED:
        return _take(gateway, found)
    if found.state == TAKEN:
        return _make(gateway, found)
    if found.state == MADE:
        return close(gateway, found.id)
    return False


def patient_of(gateway: Gateway, delivery: Delivery) -> Patient:
    """Who a delivery is of."""
    known = gateway.rules.receiver_of(delivery.source)
    record = known.url.rstrip("/") if isinstance(known, Record) else ""
    return Patient(delivery.issuer, delivery.patient, record, delivery.subject)


def _take(gateway: Gateway, delivery: Delivery) -> bool:
    platform = gateway.platform
    if not (delivery.patient or delivery.subject):
        return _off(gateway, delivery, UNASSIGNED, NO_PATIENT)
    rule = gateway.rules.rule_for(delivery.source, delivery.modality, delivery.body_site)
    if delivery.study_id and (rule is None or study_of(gateway, rule.study) != delivery.study_id):
        rule = Rule(study=delivery.study_id)  # sent to a study by name: kept and analysed there, sent nowhere
    if rule is None:
        return _off(gateway, delivery, UNASSIGNED, NO_RULE)
    study = study_of(gateway, rule.study)
    if not study:
        return _off(gateway, delivery, UNASSIGNED, NO_STUDY)
    try:
        participant = participant_for(gateway, study, patient_of(gateway, delivery))
    except WithdrewError:
        return withdrawal.withdraw(gateway, delivery.id, study)
    except RefusedError as error:
        return _off(gateway, delivery, UNASSIGNED, error.words)
    place = gateway.arrived / delivery.place
    try:
        with incoming(platform.settings.data_folder), place.open("rb") as file:
            photo = take_in(
                platform,
                gateway.access(study),
                participant,
                f"gateway-{delivery.id}",
                file,
                taken=delivery.taken or None,
            ).photo
    except RefusedError as error:
        if error.status == 409:  # the participant withdrew
            return withdrawal.withdraw(gateway, delivery.id, study)
        if error.status == 503:  # it may be tried again
            raise
        return _off(gateway, delivery, REFUSED, error.words)
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get_one(Delivery, delivery.id)
        if row.state != ARRIVED:
            return False
        row.state, row.problem, row.photo_id, row.study_id = TAKEN, "", photo.id, study
        row.way = {"rule": rule.model_dump(mode="json")}
        row.tries, row.due = 0, None
        platform.audit.add(session, "delivery.taken", study=study, subject=row.id, photo=photo.id)
    return True


def _make(gateway: Gateway, delivery: Delivery) -> bool:
    platform = gateway.platform
    with platform.database.reading() as session:
        if withdrawal.has_withdrawn(session, delivery):
            found = None
        elif _waits(session, delivery):
            return False
        else:
            found = results.material(session, delivery)
    if found is None:
        return withdrawal.withdraw(gateway, delivery.id)
    targets = list(dict.fromkeys(found.rule.send_to))
    if any(not isinstance(gateway.rules.receiver_of(name), Record) for name in targets):
        write_files(gateway.results(delivery.id), results.objects(gateway, found))
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get_one(Delivery, delivery.id)
        if row.state != TAKEN:  # withdrawn meanwhile
            shutil.rmtree(gateway.results(delivery.id), ignore_errors=True)
            return False
        settled = {"answers": [one.id for one in found.rows], "prevalence": found.prevalence}
        row.state, row.tries, row.due = MADE, 0, None
        row.way = {**(row.way or {}), **settled}
        session.add_all(Dispatch(delivery_id=row.id, target=name) for name in targets)
        platform.audit.add(
            session,
            "delivery.results_made",
            study=row.study_id or "",
            subject=row.id,
            answers=len(found.rows),
            receivers=len(targets),
        )
    return True


def close(gateway: Gateway, delivery: str) -> bool:
    """End a delivery all of whose results were sent, or have become dead letters."""
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get_one(Delivery, delivery)
        chosen = select(Dispatch.state, func.count()).where(Dispatch.delivery_id == delivery)
        states: dict[str, int] = dict(session.execute(chosen.group_by(Dispatch.state)).all())
        if row.state != MADE or states.get(WAITING):
            return False
        row.state, row.finished = (DEAD if states.get(DEAD) else DONE), now()
        row.problem = "A receiver did not take the results; see the dead letter." if row.state == DEAD else ""
        platform.audit.add(session, f"delivery.{row.state}", study=row.study_id or "", subject=row.id)
    if row.state == DONE:
        shutil.rmtree(gateway.results(delivery), ignore_errors=True)
    return False


def assign(gateway: Gateway, delivery: str, patient: str, who: str) -> None:
    """Say who the patient of an unassigned delivery is.

    Raises:
        RefusedError: there is no such delivery, or it does not wait for that: whose it is, is known.
    """
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)  # of two who say it at once, the second is told that it is said
        row = session.get(Delivery, delivery)
        if row is None or row.state != UNASSIGNED or row.patient or row.subject:
            raise RefusedError(404, "There is no delivery that waits for this.")
        row.patient = patient
        row.state, row.problem, row.due = ARRIVED, "", None
        platform.audit.add(session, "delivery.assigned", who=who, subject=row.id)


def _off(gateway: Gateway, delivery: Delivery, state: str, words: str) -> bool:
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get_one(Delivery, delivery.id)
        if row.state == ARRIVED:
            row.state, row.problem, row.finished = state, words[:500], now()
            platform.audit.add(session, f"delivery.{state}", study=row.study_id or "", subject=row.id)
    return False


def study_of(gateway: Gateway, named: str) -> str:
    """Identity of a study that is named by it, or by its name where only one has it; else empty."""
    with gateway.platform.database.reading() as session:
        if session.get(Study, named) is not None:
            return named
        found = session.scalars(select(Study.id).where(Study.name == named).limit(2)).all()
    return found[0] if len(found) == 1 else ""


def take_up_again(gateway: Gateway) -> None:
    """What may go on after a start.

    The document or the study may have changed for what no rule fitted. And an analysis that ended with a
    gateway that was killed did not fail by its photo: it has all its tries again.
    """
    platform = gateway.platform
    with platform.database.writing() as session:
        known = (Delivery.patient != "") | (Delivery.subject != "")
        for row in session.scalars(select(Delivery).where(Delivery.state == UNASSIGNED, known)):
            row.state, row.problem, row.finished, row.tries, row.due = ARRIVED, "", None, 0, None
        taken = select(Delivery.photo_id).where(Delivery.state == TAKEN)
        unanswered = (Analysis.state == analyses.WAITING) & Analysis.photo_id.in_(taken)
        session.execute(update(Analysis).where(unanswered).values(tries=0))


def check_studies(gateway: Gateway) -> None:
    """See that every rule's study is here.

    Raises:
        CutisError: one is not, or several have its name.
    """
    for number, rule in enumerate(gateway.rules.rules):
        if not study_of(gateway, rule.study):
            raise CutisError(
                f"gateway document: rules[{number}].study: '{rule.study}' is the identity of no study here, "
                "and the name of none or of several. Give the last part of the address of its page."
            )


def _waits(session: Session, delivery: Delivery) -> bool:
    chosen = select(Analysis.id).where(
        Analysis.photo_id == delivery.photo_id, Analysis.state == analyses.WAITING
    )
    return session.scalar(chosen.limit(1)) is not None


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Files into a folder, durably; what a cut-off start left there is replaced."""
    made(folder)
    with sync_folder(folder):
        for old in folder.iterdir():
            if old.name not in files:
                old.unlink()
        for name, content in files.items():
            scratch = folder / f".{name}.part"
            with scratch.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.rename(folder / name)
