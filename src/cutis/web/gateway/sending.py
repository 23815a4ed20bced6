"""Results on their way to one receiver: again and again with longer pauses, then a dead letter."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cutis.core.errors import CutisError
from cutis.interop.dicom.send import Peer, client_tls, send
from cutis.interop.fhir.backend import BackendServices
from cutis.interop.fhir.client import FhirClient
from cutis.interop.fhir.errors import FhirError, NotAuthorisedError, RecordAwayError, WrongPatientError
from cutis.interop.fhir.exchange import Patience
from cutis.web.database import Delivery, Dispatch
from cutis.web.database.delivery import DEAD, MADE, SENT, WAITING, WITHDRAWN
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.gateway import results, steps, withdrawal
from cutis.web.gateway.gateway import Gateway, made
from cutis.web.gateway.peers import Node, Record, Web


class TryLaterError(CutisError):
    """A receiver was away, busy or slow: the same may do well later."""


def dispatch(gateway: Gateway, identity: str) -> bool:
    """Send the results of a delivery to one receiver, once, and write down what came of it.

    Args:
        gateway: that sends.
        identity: of the dispatch.

    Returns:
        Whether it is over, well or badly.
    """
    database = gateway.platform.database
    with database.reading() as session:
        row = session.get(Dispatch, identity)
        delivery = session.get(Delivery, row.delivery_id) if row else None
        if row is None or delivery is None or row.state != WAITING or delivery.state != MADE:
            return False
        found = results.material(session, delivery)
        gone = withdrawal.has_withdrawn(session, delivery)
    if found is None or gone:
        withdrawal.withdraw(gateway, delivery.id)
        return True
    try:
        receipt = _sent(gateway, row.target, found)
    except TryLaterError as error:
        return _failed(gateway, row, str(error), for_good=False)
    except CutisError as error:
        return _failed(gateway, row, str(error), for_good=True)
    _done(gateway, row, delivery, receipt)
    return True


def again(gateway: Gateway, identity: str, who: str = "") -> None:
    """Send a dead letter again, from its first try.

    Raises:
        RefusedError: there is no such dead letter.
    """
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)
        row = session.get(Dispatch, identity)
        delivery = session.get(Delivery, row.delivery_id) if row else None
        if row is None or delivery is None or row.state != DEAD or delivery.state == WITHDRAWN:
            raise RefusedError(404, "There is no such dead letter.")
        row.state, row.tries, row.due, row.finished, row.problem = WAITING, 0, None, None, ""
        delivery.state, delivery.finished, delivery.problem = MADE, None, ""
        platform.audit.add(
            session,
            "dispatch.again",
            who=who,
            study=delivery.study_id or "",
            subject=delivery.id,
            receiver=row.target,
        )
    shutil.rmtree(gateway.dead(identity), ignore_errors=True)


def dead_letters(gateway: Gateway) -> list[str]:
    """Identities of all dead letters, the oldest first."""
    with gateway.platform.database.reading() as session:
        chosen = select(Dispatch.id).where(Dispatch.state == DEAD).order_by(Dispatch.created, Dispatch.id)
        return list(session.scalars(chosen))


def client_of(record: Record) -> FhirClient:
    """The client of a record.

    Raises:
        CutisError: its key cannot be read, or its address is not one of https.
    """
    patience = Patience(tries=1, answer=record.seconds, connect=min(10.0, record.seconds))
    permission = None
    if record.key_file:
        try:
            key = json.loads(record.key_file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CutisError(f"{record.key_file}: holds no JSON Web Key that can be read.") from error
        permission = BackendServices(record.client_id, record.token_url, key, record.scope, patience=patience)
    return FhirClient(record.url, permission, release=record.release, patience=patience)


def subject_at(record: Record, client: FhirClient, delivery: Delivery) -> str:
    """Who the patient of a delivery is at a record.

    Raises:
        WrongPatientError: the record knows none or several of this number, or the number is another one's.
    """
    if delivery.subject and delivery.source == record.name:
        return delivery.subject
    if not (record.identifier_system and delivery.patient and delivery.issuer == record.issuer):
        raise WrongPatientError(
            "The record does not say how its patients are numbered as those of this source are. Set "
            "identifier_system and issuer of both, or send these results elsewhere. Nothing was written."
        )
    asked = f"{record.identifier_system}|{delivery.patient}"
    found = {
        str(one.get("id", ""))
        for one in client.search("Patient", identifier=asked)
        if _has(one, record, delivery)
    }
    if len(found) != 1:
        count = "none has" if not found else "several have"
        raise WrongPatientError(f"Of the patients of the record {count} this number. Nothing was written.")
    return f"Patient/{found.pop()}"


def _has(patient: Mapping[str, Any], record: Record, delivery: Delivery) -> bool:
    """The patient really has the number: a server that does not know the search gives everybody."""
    said = patient.get("identifier")
    return any(
        one.get("system") == record.identifier_system and one.get("value") == delivery.patient
        for one in (said if isinstance(said, list) else [])
    )


def _sent(gateway: Gateway, target: str, found: results.Material) -> str:
    """Send to a receiver; what it calls the report.

    Raises:
        TryLaterError: it may do well later.
        CutisError: it was refused for good.
    """
    receiver = gateway.rules.receiver_of(target)
    if receiver is None:
        raise CutisError(f"The gateway's document knows no '{target}' any more. Add it, then send again.")
    if isinstance(receiver, Record):
        return _to_record(gateway, receiver, found)
    folder = gateway.results(found.delivery.id)
    paths = sorted(folder.glob("*.dcm"))
    if not paths:  # such as for a receiver that is asked again after the end
        steps.write_files(folder, results.objects(gateway, found))
        paths = sorted(folder.glob("*.dcm"))
    if isinstance(receiver, Node):
        return _to_node(receiver, paths)
    return _to_web(receiver, paths)


def _to_node(node: Node, paths: Sequence[Path]) -> str:
    tls = None
    if node.tls or node.authority:
        tls = client_tls(node.authority, certificate=node.certificate, key=node.key)
    peer = Peer(node.host, node.port, node.title, node.calling, node.seconds, tls)
    told = send(paths, peer, tries=1)
    refused = [one for one in told if one.state == "refused"]
    failed = [one for one in told if one.state == "failed"]
    if refused:
        raise CutisError(f"{refused[0].path.name} was refused: {refused[0].told}.")
    if failed:
        raise TryLaterError(f"{failed[0].path.name} could not be sent: {failed[0].told}.")
    return f"{len(told)} objects"


def _to_web(web: Web, paths: Sequence[Path]) -> str:
    from cutis.web.gateway.dicomweb import store

    return store(web, paths)


def _to_record(gateway: Gateway, record: Record, found: results.Material) -> str:
    try:
        client = client_of(record)
        subject = subject_at(record, client, found.delivery)
        told = results.finding(gateway, found, subject, client.base, embed=record.embed)
        return client.write(told).report if told else "nothing to report"
    except (RecordAwayError, NotAuthorisedError) as error:
        raise TryLaterError(str(error)) from error
    except FhirError as error:
        raise CutisError(str(error)) from error


def _failed(gateway: Gateway, row: Dispatch, why: str, *, for_good: bool) -> bool:
    platform, sending = gateway.platform, gateway.rules.sending
    tries = row.tries + 1
    dead = for_good or tries >= sending.tries
    if dead:
        _keep_dead(gateway, row, why)
    with platform.database.writing() as session:
        platform.audit.lock(session)
        kept = session.get_one(Dispatch, row.id)
        if kept.state != WAITING:  # withdrawn meanwhile
            shutil.rmtree(gateway.dead(row.id), ignore_errors=True)
            return True
        study = session.get_one(Delivery, row.delivery_id).study_id or ""
        kept.tries, kept.problem = tries, why[:500]
        if dead:
            kept.state, kept.finished, kept.due = DEAD, now(), None
        else:
            wait = min(sending.first_wait * 2 ** min(tries - 1, 30), sending.longest_wait)
            kept.due = now() + timedelta(seconds=wait)
        action = "dispatch.dead" if dead else "dispatch.failed"
        told: dict[str, Any] = {"receiver": row.target, "tries": tries}
        platform.audit.add(session, action, study=study, subject=row.delivery_id, **told)
    return dead


def _keep_dead(gateway: Gateway, row: Dispatch, why: str) -> None:
    """The dead letter's folder: what could not be sent, and words that say why."""
    folder = made(gateway.dead(row.id))
    for file in gateway.results(row.delivery_id).glob("*.dcm"):
        shutil.copyfile(file, folder / file.name)
    words = (
        f"To: {row.target}\nWhen: {now():%Y-%m-%d %H:%M} UTC, after {row.tries + 1} tries\nWhy: {why}\n"
        f"Send it again: cutis gateway again {row.id}\n"
    )
    (folder / "why.txt").write_text(words, encoding="utf-8")


def _done(gateway: Gateway, row: Dispatch, delivery: Delivery, receipt: str) -> None:
    platform = gateway.platform
    with platform.database.writing() as session:
        platform.audit.lock(session)
        kept = session.get_one(Dispatch, row.id)
        if kept.state != WAITING:
            return
        kept.state, kept.tries, kept.problem = SENT, row.tries + 1, ""
        kept.receipt, kept.finished, kept.due = receipt[:200], now(), None
        platform.audit.add(
            session,
            "dispatch.sent",
            study=delivery.study_id or "",
            subject=delivery.id,
            receiver=row.target,
            tries=kept.tries,
        )
