"""The services over HTTP, to be mounted by whoever serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from cutis.interop.hooks.callers import Callers
from cutis.interop.hooks.cards import Words
from cutis.interop.hooks.requests import MOST_BYTES, HookError
from cutis.interop.hooks.services import Feedback, call, discovery, feedback


@dataclass(frozen=True)
class HookSettings:
    """How the services are offered.

    Attributes:
        address: where records find them, without ``/cds-services``; what their statements are made for.
        words: of this clinic.
        callers: who may ask; None lets everybody ask, which is for trying out only.
        told: called with what became of cards.
        today: the day of a request, by default where the server is.
    """

    address: str
    words: Words
    callers: Callers | None
    told: Callable[[str, Sequence[Feedback]], None] = lambda service, found: None
    today: Callable[[], date] = lambda: datetime.now().astimezone().date()


def hooks_router(settings: HookSettings) -> APIRouter:
    """``/cds-services`` with discovery, services and feedback."""
    router = APIRouter(prefix="/cds-services")

    def checked(request: Request, path: str) -> None:
        if settings.callers is not None:
            own = f"{settings.address.rstrip('/')}/cds-services{path}"
            settings.callers.check(request.headers.get("authorization", ""), own)

    async def body_of(request: Request) -> bytes:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                raise HookError(413, f"the request is larger than {MOST_BYTES >> 20} MiB.")
        return bytes(body)

    def answered(make: Callable[[], Any]) -> Response:
        try:
            return JSONResponse(make())
        except HookError as error:
            return refused(error)

    def refused(error: HookError) -> Response:
        told = {"title": "Not answered", "status": error.status, "detail": str(error)}
        headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
        return JSONResponse(told, error.status, headers=headers, media_type="application/problem+json")

    @router.get("", name="cds_discovery")
    def offer() -> Response:
        return JSONResponse(discovery())

    @router.post("/{service}", name="cds_call")
    async def asked(service: str, request: Request) -> Response:
        try:
            checked(request, f"/{service}")
            body = await body_of(request)
        except HookError as error:
            return refused(error)
        return answered(lambda: call(service, body, settings.words, settings.today()))

    @router.post("/{service}/feedback", name="cds_feedback")
    async def told(service: str, request: Request) -> Response:
        try:
            checked(request, f"/{service}/feedback")
            found = feedback(service, await body_of(request))
        except HookError as error:
            return refused(error)
        settings.told(service, found)
        return Response(status_code=200)

    return router
