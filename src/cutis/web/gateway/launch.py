"""cutis opened from within a record (SMART App Launch): the record says whose it is, Analyse opens for them.

A browser is sent to the record and back; what is kept of it meanwhile, and the permission for the one
patient, stay in the server's memory, under a cookie. Who uses it must be signed in here as well, as a member
of the study that the gateway's document names for the record.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.interop.fhir.client import FhirClient
from cutis.interop.fhir.errors import NotAuthorisedError, RecordAwayError
from cutis.interop.fhir.exchange import Patience
from cutis.interop.fhir.results import Finding, Picture
from cutis.interop.smart import App, Pending, SmartSession, begin, discover, finish, launch_of, write_back
from cutis.web.analyse.results import results_of
from cutis.web.analyse.view import shown
from cutis.web.database import Member, Participant, PatientIdentity, Photo, Study
from cutis.web.errors import RefusedError
from cutis.web.gateway.catalogue import instance_uid
from cutis.web.gateway.inlets.record import number_of
from cutis.web.gateway.patients import Patient, key_of, participant_for
from cutis.web.gateway.peers import Record
from cutis.web.gateway.routes import gateway_of
from cutis.web.gateway.said import chosen, predictions, risk_of
from cutis.web.gateway.steps import study_of
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission, Role
from cutis.web.photos.access import photo_of, photos_of
from cutis.web.platform import Held, Platform
from cutis.web.secret import digest
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]
SignedIn = Annotated[Access, needs(Permission.SIGNED_IN)]
COOKIE = "cutis_launch"
_PATIENCE = Patience(tries=2, answer=10.0, longest_wait=5.0)
_HOURS = 8 * 3600.0
_MOST = 2000  # launches at the same time
_SHOWN = 12


@dataclass(frozen=True, eq=False)
class Opened:
    """A record of a patient from which cutis was opened.

    Attributes:
        session: the permission.
        record: of the gateway's document.
        patient: whose it is.
    """

    session: SmartSession
    record: Record
    patient: Patient


@dataclass(eq=False)
class Launches:
    """Launches on their way, and those that arrived, by the digest of their cookie."""

    kept: dict[str, tuple[float, tuple[Record, Pending] | Opened]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, what: tuple[Record, Pending] | Opened, seconds: float) -> str:
        """Keep something; the cookie under which it is found."""
        cookie = secrets.token_urlsafe(32)
        with self.lock:
            self.kept = {key: one for key, one in self.kept.items() if one[0] > monotonic()}
            while len(self.kept) >= _MOST:  # anybody can begin a launch: what is open stays longest
                begun = (key for key, one in self.kept.items() if not isinstance(one[1], Opened))
                del self.kept[next(begun, next(iter(self.kept)))]
            self.kept[digest(cookie)] = monotonic() + seconds, what
        return cookie

    def find(self, cookie: str, *, once: bool = False) -> tuple[Record, Pending] | Opened | None:
        """What is kept under a cookie; with ``once`` it is kept no longer."""
        with self.lock:
            found = self.kept.get(digest(cookie))
            if found and once:
                del self.kept[digest(cookie)]
        return found[1] if found and found[0] > monotonic() else None


@router.get("/smart/launch")
def launch(request: Request, held: Held, access: Anybody) -> Response:
    """The record opens cutis: send the browser back to it for a permission."""
    known = {one.url.rstrip("/"): one for one in gateway_of(held).rules.records if one.launch_client_id}
    if not known:
        raise RefusedError(404, _("This installation is not opened from records."))

    def begun() -> Response:
        base, named = launch_of(request.query_params, known)
        record = known[base]
        address, pending = begin(discover(base, _PATIENCE), _app(held, request, record), named)
        answer = RedirectResponse(address, 303)
        _set(held, answer, _launches(request).keep((record, pending), 600))
        return answer

    return _told(held, begun)


@router.get("/smart/callback")
def callback(request: Request, held: Held, access: Anybody) -> Response:
    """The record gave a permission, or none."""
    found = _launches(request).find(request.cookies.get(COOKIE, ""), once=True)
    if not isinstance(found, tuple):
        raise RefusedError(404, _("This launch is over. Open cutis from the record again."))
    record, pending = found

    def arrived() -> Response:
        session = finish(pending, request.query_params, _app(held, request, record), patience=_PATIENCE)
        client = FhirClient(session.base, session, release=record.release, patience=_PATIENCE)
        number = number_of(client.get(session.subject), record)
        patient = Patient(record.issuer, number, record.url.rstrip("/"), session.subject)
        answer = page(request, "gateway/opened.html")
        _set(held, answer, _launches(request).keep(Opened(session, record, patient), _HOURS))
        held.audit.note(held.database, "launch.opened", source=record.name)
        return answer

    return _told(held, arrived)


@router.get("/smart/patient")
def patient_page(request: Request, held: Held, access: SignedIn) -> Response:
    """The patient whose record is open: who it is in the study, and the photos that there are."""
    opened, study, own = _opened(request, held, access)
    key = key_of(held, study.id, opened.patient)
    with held.database.reading() as session:
        chosen_one = select(Participant).join(
            PatientIdentity, PatientIdentity.participant_id == Participant.id
        )
        found = session.scalar(
            chosen_one.where(PatientIdentity.study_id == study.id, PatientIdentity.key == key)
        )
        photos = photos_of(session, own.study, found.id)[:_SHOWN] if found else []
        rows = [(photo, bool(predictions("x", chosen(results_of(session, photo), (), gate=True))))
                for photo, _participant in photos]  # fmt: skip
    return page(
        request, "gateway/patient.html", study=study, participant=found, photos=rows, written="", patient=key
    )


@router.post("/smart/patient")
def enrol(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """Enrol the patient whose record is open, and open Analyse."""
    opened, study, own = _opened(request, held, access)
    if form.text("patient", most=64) != key_of(held, study.id, opened.patient):
        raise RefusedError(
            409, _("Another record was opened in this browser since. Open the one that you want again.")
        )
    participant_for(gateway_of(held), study.id, opened.patient, own)
    return RedirectResponse("/smart/patient", 303)


@router.post("/smart/report")
def write_report(request: Request, held: Held, access: SignedIn, form: Filled) -> Response:
    """Write what the models say of a photo into the record that is open."""
    opened, study, own = _opened(request, held, access)
    with held.database.reading() as session:
        photo = photo_of(session, study.id, form.text("photo", most=20))
        identity = session.scalar(
            select(PatientIdentity.participant_id).where(
                PatientIdentity.study_id == study.id,
                PatientIdentity.key == key_of(held, study.id, opened.patient),
            )
        )
        if identity != photo.participant_id:
            raise RefusedError(409, _("The photo is of another patient than the open record is."))
        told = _finding(session, photo, opened)

    def written() -> Response:
        client = FhirClient(
            opened.session.base, opened.session, release=opened.record.release, patience=_PATIENCE
        )
        done = write_back(opened.session, client, told)
        held.audit.note(
            held.database, "launch.report_written", who=own.user, study=study.id, subject=photo.id
        )
        return page(
            request, "gateway/patient.html", study=study, participant=None, photos=[], written=done.report
        )

    return _told(held, written)


def _finding(session: Session, photo: Photo, opened: Opened) -> Finding:
    rows = chosen(results_of(session, photo), (), gate=True)
    image_id = instance_uid(photo.id)
    named = tuple(predictions(image_id, rows))
    if not named:
        raise RefusedError(409, _("No model has an answer for this photo that could be reported."))
    sentences = [one.sentence for one in shown(rows, {}) if one.kind == "lesions"]
    risk = risk_of(image_id, rows, None, sentences[0]) if sentences else None
    when = max(one.finished or one.created for one in rows).astimezone(UTC).isoformat(timespec="seconds")
    picture = Picture(
        image_id,
        opened.session.subject,
        content_type="image/jpeg" if photo.kind == "jpg" else "image/png",
        digest=photo.digest,
        title="Photo of the skin",
        width=photo.width,
        height=photo.height,
    )
    return Finding(opened.session.subject, when, named, (picture,), risk, base=opened.session.base)


def _opened(request: Request, held: Platform, access: Access) -> tuple[Opened, Study, Access]:
    """The open record, its study, and who acts there.

    Raises:
        RefusedError: no record is open in this browser, or the person does not add photos to the study.
    """
    found = _launches(request).find(request.cookies.get(COOKIE, ""))
    if not isinstance(found, Opened):
        raise RefusedError(404, _("No record is open here. Open cutis from the record again."))
    identity = study_of(gateway_of(held), found.record.launch_study)
    with held.database.reading() as session:
        role = session.scalar(
            select(Member.role).where(Member.study_id == identity, Member.user_id == access.user)
        )
        own = Access(
            access.user, access.name, access.login, study=identity, role=Role(role) if role else None
        )
        study = session.get(Study, identity)
    if study is None or not own.may(Permission.ADD_PHOTOS):
        raise RefusedError(403, _("Ask an investigator to invite you to the study that this record is for."))
    return found, study, own


def _app(held: Platform, request: Request, record: Record) -> App:
    base = (held.settings.public_url or str(request.base_url)).rstrip("/")
    secret = ""
    if record.launch_secret_file:
        secret = record.launch_secret_file.read_text(encoding="utf-8").strip()
    return App(record.launch_client_id, f"{base}/smart/callback", secret)


def _told(held: Platform, work: Callable[[], Response]) -> Response:
    """What goes wrong with a record, as a page says it."""
    try:
        return work()
    except NotAuthorisedError as error:
        held.audit.note(held.database, "launch.refused")
        raise RefusedError(403, str(error), title=_("The record was not opened")) from error
    except RecordAwayError as error:
        raise RefusedError(502, str(error), title=_("The record does not answer")) from error
    except CutisError as error:
        raise RefusedError(409, str(error), title=_("The record was not opened")) from error


def _set(held: Platform, answer: Response, cookie: str) -> None:
    # Lax: the record sends the browser back from another site, and a strict cookie would stay away.
    answer.set_cookie(
        COOKIE, cookie, httponly=True, samesite="lax", secure=held.settings.encrypted, path="/smart"
    )


def _launches(request: Request) -> Launches:
    state: Any = request.app.state
    if not hasattr(state, "launches"):
        state.launches = Launches()
    found: Launches = state.launches
    return found
