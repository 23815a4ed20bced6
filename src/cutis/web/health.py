"""Whether the server works, for those who watch over it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import text

from cutis.core.version import __version__
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held

router = APIRouter()


@router.get("/healthz")
def healthz(held: Held, access: Annotated[Access, needs(Permission.OPEN)]) -> dict[str, str]:
    """Answers when the database does."""
    with held.database.reading() as session:
        session.execute(text("SELECT 1"))
    return {"status": "ok", "version": __version__}
