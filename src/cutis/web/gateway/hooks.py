"""CDS Hooks for the records that the gateway's document names, below ``/api``: no cookie counts there."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from cutis.core.errors import CutisError
from cutis.interop.hooks.callers import Caller, Callers
from cutis.interop.hooks.cards import Words
from cutis.interop.hooks.requests import HookError
from cutis.interop.hooks.services import call, discovery, feedback
from cutis.web.errors import RefusedError
from cutis.web.gateway.routes import gateway_of
from cutis.web.gateway.rules import Hooks
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held, Platform
from cutis.web.studies.due import this_day

router = APIRouter(prefix="/api/cds-services")

Anybody = Annotated[Access, needs(Permission.OPEN)]


@router.get("")
def offer_services(held: Held, access: Anybody) -> Response:
    """What is offered to records (CDS Hooks discovery)."""
    _offered(held)
    return JSONResponse(discovery())


@router.post("/{service}")
async def call_service(request: Request, held: Held, access: Anybody, service: str) -> Response:
    """The cards for a patient whose record is open (CDS Hooks)."""
    body = await request.body()
    return await run_in_threadpool(_answered, request, held, service, "", body)


@router.post("/{service}/feedback")
async def tell_service(request: Request, held: Held, access: Anybody, service: str) -> Response:
    """What became of cards (CDS Hooks feedback)."""
    body = await request.body()
    return await run_in_threadpool(_answered, request, held, service, "/feedback", body)


def _answered(request: Request, held: Platform, service: str, more: str, body: bytes) -> Response:
    chosen = _offered(held)
    base = (held.settings.public_url or str(request.base_url)).rstrip("/")
    try:
        if not chosen.open_to_all:
            own = f"{base}/api/cds-services/{service}{more}"
            _callers(request, chosen).check(request.headers.get("authorization", ""), own)
        if more:
            for one in feedback(service, body):
                held.audit.note(held.database, "hook.feedback", service=service, outcome=one.outcome)
            return Response(status_code=200)
        words = Words(f"{base}/smart/launch", prevalence=chosen.prevalence)
        told = call(service, body, words, this_day())
        held.audit.note(held.database, "hook.answered", service=service, cards=len(told["cards"]))
        return JSONResponse(told)
    except HookError as error:
        headers = {"www-authenticate": "Bearer"} if error.status == 401 else None
        problem = {
            "type": "about:blank",
            "title": "Not answered",
            "status": error.status,
            "detail": str(error),
        }
        return JSONResponse(problem, error.status, headers=headers, media_type="application/problem+json")


def _offered(held: Platform) -> Hooks:
    chosen = gateway_of(held).rules.hooks
    if chosen is None:
        raise RefusedError(404, "This installation offers no services to records.")
    return chosen


def _callers(request: Request, chosen: Hooks) -> Callers:
    """Who may ask; it remembers statements, so that none is taken twice, and lasts as long as the server."""
    state = request.app.state
    known: tuple[Hooks, Callers] | None = getattr(state, "hook_callers", None)
    if known is None or known[0] != chosen:
        known = chosen, Callers(tuple(_caller(one) for one in chosen.callers))
        state.hook_callers = known
    return known[1]


def _caller(one: Any) -> Caller:
    try:
        keys = json.loads(one.keys_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CutisError(f"{one.keys_file}: holds no JSON Web Key Set that can be read.") from error
    return Caller(one.issuer, keys, frozenset(one.tenants))
