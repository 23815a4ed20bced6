"""The gateway's page for administrators: what came today, what waits, and dead letters to send again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.web.database import Delivery, Dispatch
from cutis.web.database.delivery import ARRIVED, DEAD, MADE, REFUSED, TAKEN, UNASSIGNED, WAITING
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.gateway import sending, steps
from cutis.web.gateway.document import read_rules
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.problems import retold
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Manage = Annotated[Access, needs(Permission.MANAGE_GATEWAY)]
_SHOWN = 100
_LATEST = 20
_ALIVE = timedelta(minutes=3)  # the gateway says every minute that it works


class LetterOut(BaseModel):
    """Results that a receiver did not take, or has not taken yet."""

    id: str
    delivery: str
    receiver: str
    state: str
    problem: str
    tries: int
    due: datetime | None


class HeldOut(BaseModel):
    """An object that does not go on by itself. Who the patient is is not told; only whether that is asked."""

    id: str
    source: str
    state: str
    problem: str
    created: datetime
    asks_patient: bool


class CameOut(BaseModel):
    """An object that came, and where it is on its way. Who the patient is is not told."""

    id: str
    source: str
    media: str
    modality: str
    state: str
    created: datetime


class GatewayOut(BaseModel):
    """How the gateway stands; ``counts`` are deliveries of today by their states, ``latest`` came last."""

    works: bool
    listens: str
    troubles: list[str]
    problem: str
    counts: dict[str, int]
    waiting: int
    latest: list[CameOut]
    apart: list[HeldOut]
    letters: list[LetterOut]


class PatientIn(BaseModel):
    """The number of the patient, as the hospital numbers its patients."""

    patient: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f\\]+$")


class Done(BaseModel):
    """What was asked for is done."""

    id: str


def gateway_of(held: Platform) -> Gateway:
    """The gateway's side of the platform, with its document as it is now.

    Raises:
        RefusedError: the document does not hold.
    """
    try:
        return Gateway(held, read_rules(held.settings.data_folder))
    except CutisError as error:
        raise RefusedError(409, str(error), title=_("The gateway's document does not hold")) from error


def stands(held: Platform) -> GatewayOut:
    """How the gateway stands."""
    from cutis.web.gateway.run import status_of

    status = status_of(held.settings.data_folder)
    problem = ""
    try:
        read_rules(held.settings.data_folder)
    except CutisError as error:
        problem = str(error)
    moment = _moment(status.get("moment"))
    with held.database.reading() as session:
        counts = _counts(session)
        chosen = select(func.count(Delivery.id)).where(Delivery.state.in_((ARRIVED, TAKEN, MADE)))
        waiting = session.scalar(chosen) or 0
        latest = session.scalars(
            select(Delivery).order_by(Delivery.created.desc(), Delivery.id).limit(_LATEST)
        ).all()
        apart = select(Delivery).where(Delivery.state.in_((UNASSIGNED, REFUSED)))
        held_apart = session.scalars(apart.order_by(Delivery.created.desc()).limit(_SHOWN)).all()
        letters = select(Dispatch).where(
            (Dispatch.state == DEAD) | ((Dispatch.state == WAITING) & (Dispatch.tries > 0))
        )
        sent = session.scalars(letters.order_by(Dispatch.created.desc()).limit(_SHOWN)).all()
    return GatewayOut(
        works=moment is not None and now() - moment < _ALIVE,
        listens=str(status.get("listens", "")),
        troubles=[retold(str(one)) for one in status.get("troubles", ())],
        problem=problem,
        counts=counts,
        waiting=waiting,
        latest=[
            CameOut(
                id=one.id,
                source=one.source,
                media=one.media,
                modality=one.modality,
                state=one.state,
                created=one.created,
            )
            for one in latest
        ],
        apart=[
            HeldOut(
                id=one.id,
                source=one.source,
                state=one.state,
                problem=retold(one.problem),
                created=one.created,
                asks_patient=one.state == UNASSIGNED and not (one.patient or one.subject),
            )
            for one in held_apart
        ],
        letters=[
            LetterOut(
                id=one.id,
                delivery=one.delivery_id,
                receiver=one.target,
                state=one.state,
                problem=retold(one.problem),
                tries=one.tries,
                due=one.due,
            )
            for one in sent
        ],
    )


@router.get("/gateway")
def gateway_page(request: Request, held: Held, access: Manage) -> Response:
    """How the gateway stands."""
    document = held.settings.data_folder / "gateway.toml"
    return page(request, "gateway/gateway.html", told=stands(held), document=document)


@router.post("/gateway/letters/{letter}/again")
def send_again(held: Held, access: Manage, letter: str) -> Response:
    """Send a dead letter again."""
    sending.again(gateway_of(held), letter, access.user)
    return RedirectResponse("/gateway", 303)


@router.post("/gateway/deliveries/{delivery}/patient")
def assign(held: Held, access: Manage, delivery: str, form: Filled) -> Response:
    """Say who the patient of a delivery is."""
    steps.assign(gateway_of(held), delivery, form.text("patient", most=64), access.user)
    return RedirectResponse("/gateway", 303)


@router.get("/api/gateway")
def read_gateway(held: Held, access: Manage) -> GatewayOut:
    """How the gateway stands."""
    return stands(held)


@router.post("/api/gateway/letters/{letter}/again")
def api_send_again(held: Held, access: Manage, letter: str) -> Done:
    """Send a dead letter again."""
    sending.again(gateway_of(held), letter, access.user)
    return Done(id=letter)


@router.post("/api/gateway/deliveries/{delivery}/patient")
def api_assign(held: Held, access: Manage, delivery: str, given: PatientIn) -> Done:
    """Say who the patient of a delivery is."""
    steps.assign(gateway_of(held), delivery, given.patient, access.user)
    return Done(id=delivery)


def _counts(session: Session) -> dict[str, int]:
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    chosen = select(Delivery.state, func.count()).where(Delivery.created >= today).group_by(Delivery.state)
    return dict(session.execute(chosen).all())


def _moment(said: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(said))
    except ValueError:
        return None
