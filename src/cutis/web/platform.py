"""What a running server holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from cutis.web.audit.chain import Audit
from cutis.web.database import Database
from cutis.web.jobs.queue import Queue
from cutis.web.people.limits import Limit, Rate
from cutis.web.people.oidc import Provider
from cutis.web.photos.store import Store
from cutis.web.settings import Settings


@dataclass(frozen=True, eq=False)
class Platform:
    """What a running server holds; every route can ask for it.

    Attributes:
        secret: of the installation.
        decoding: a place for each photo that is decoded at the same time.
        by_login: tries to sign in by one name.
        by_address: tries to sign in or to use a link from one address.
        requests: of one person, or of one address where nobody is signed in.
        uploads: likewise, of files.
        missing: browser libraries that are not there, with what is off without them.
        queue: that wakes those who analyse photos.
    """

    settings: Settings
    database: Database
    store: Store
    audit: Audit
    secret: bytes
    decoding: asyncio.Semaphore
    by_login: Limit
    by_address: Limit
    missing: tuple[str, ...]
    queue: Queue
    provider: Provider | None = None
    requests: Rate = field(default_factory=lambda: Rate(3000, 60))
    uploads: Rate = field(default_factory=lambda: Rate(600, 60))


def platform_of(request: Request) -> Platform:
    """The platform that answers a request."""
    held = request.app.state.platform
    assert isinstance(held, Platform)
    return held


Held = Annotated[Platform, Depends(platform_of)]
