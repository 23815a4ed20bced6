"""The application: its parts put together, ready to be served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import select

from cutis.core.version import __version__
from cutis.web import apart, files, health
from cutis.web.analyse import api as analyse_api
from cutis.web.analyse import map_routes as analyse_maps
from cutis.web.analyse import patient_routes as analyse_patients
from cutis.web.analyse import routes as analyse
from cutis.web.analyse.facts import routes as facts
from cutis.web.api import audit as audit_api
from cutis.web.api import openapi
from cutis.web.api import people as people_api
from cutis.web.api import routes as api
from cutis.web.api import studies as api_of_studies
from cutis.web.audit import routes as audit
from cutis.web.audit.chain import Audit
from cutis.web.bodies import BoundedBodies
from cutis.web.capture import api as capture_api
from cutis.web.capture import app_files as capture_app
from cutis.web.capture import routes as capture
from cutis.web.capture import study_routes as capture_of_studies
from cutis.web.database import Database, Photo
from cutis.web.database.migrate import migrate
from cutis.web.errors import add_error_pages
from cutis.web.gateway import hooks as gateway_hooks
from cutis.web.gateway import launch as gateway_launch
from cutis.web.gateway import routes as gateway
from cutis.web.gateway import server as gateway_server
from cutis.web.headers import SecurityHeaders
from cutis.web.jobs.queue import Queue
from cutis.web.languages import choice as languages
from cutis.web.languages.choice import Spoken
from cutis.web.models import api as models_api
from cutis.web.models import compare_routes as models_compared
from cutis.web.models import registry
from cutis.web.models import routes as models
from cutis.web.people import accounts, elsewhere, second_steps
from cutis.web.people import routes as people
from cutis.web.people.access import declared
from cutis.web.people.limits import Limit, Rate
from cutis.web.people.oidc import Provider
from cutis.web.photos import routes as photos
from cutis.web.photos.sharing import incoming
from cutis.web.photos.store import open_store
from cutis.web.platform import Platform
from cutis.web.reading import api as reading_api
from cutis.web.reading import cases_api as reading_cases_api
from cutis.web.reading import room_api as reading_room_api
from cutis.web.reading import room_routes as reading_room
from cutis.web.reading import routes as reading
from cutis.web.secret import read_secret
from cutis.web.settings import Settings
from cutis.web.studies import (
    answer_routes,
    consent_routes,
    export_routes,
    participant_routes,
    protocol_routes,
)
from cutis.web.studies import api as studies_api
from cutis.web.studies import routes as studies
from cutis.web.studies.erasure import forget_maps
from cutis.web.templating import web_environment

PARTS = (
    health.router,
    files.router,
    people.router,
    accounts.router,
    second_steps.router,
    elsewhere.router,
    studies.router,
    participant_routes.router,
    answer_routes.router,
    consent_routes.router,
    protocol_routes.router,
    export_routes.router,
    studies_api.router,
    photos.router,
    analyse.router,
    analyse_maps.router,
    analyse_patients.router,
    analyse_api.router,
    facts.router,
    models.router,
    models_compared.router,
    models_api.router,
    capture.router,
    capture_app.router,
    capture_of_studies.router,
    capture_api.router,
    audit.router,
    languages.router,
    reading.router,
    reading_room.router,
    reading_api.router,
    reading_cases_api.router,
    reading_room_api.router,
    api.router,
    people_api.router,
    api_of_studies.router,
    audit_api.router,
    openapi.router,
    gateway.router,
    gateway_server.router,
    gateway_hooks.router,
    gateway_launch.router,
)


def open_platform(settings: Settings, *, beside: bool = False) -> Platform:
    """Open what is kept: bring the database up to date, and undo what a crash left half done.

    Args:
        settings: of the installation.
        beside: a server has it open, which did that already.

    Raises:
        CutisError: another server has the folder open, or something in it does not hold.
    """
    settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database)
    migrate(database)
    Audit.need_secret(database, settings.data_folder)
    secret = read_secret(settings.data_folder)
    store = open_store(settings)

    def known(digest: str) -> bool:
        with database.reading() as session:
            return session.scalar(select(Photo.id).where(Photo.digest == digest).limit(1)) is not None

    if not beside:
        with incoming(settings.data_folder, alone=True):
            store.recover(known)
            forget_maps(settings.data_folder, known)
    audit_of = Audit(secret)
    registry.register_shipped(database, audit_of, settings.data_folder)
    return Platform(
        settings=settings,
        database=database,
        store=store,
        audit=audit_of,
        secret=secret,
        decoding=asyncio.Semaphore(settings.decoders),
        by_login=Limit(settings.sign_ins_per_minute, 60),
        by_address=Limit(10 * settings.sign_ins_per_minute, 60),
        missing=files.missing_libraries(),
        requests=Rate(settings.requests_per_minute, 60),
        uploads=Rate(settings.uploads_per_minute, 60),
        provider=Provider(settings) if settings.oidc_issuer else None,
        queue=Queue(settings),
    )


def create_app(platform: Platform) -> FastAPI:
    """The application of an open platform.

    Raises:
        UndeclaredRouteError: a route does not say who may use it.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        apart.warm_up()
        yield
        platform.database.close()

    app = FastAPI(
        title="cutis", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, lifespan=running
    )
    app.state.platform = platform
    app.state.environment = web_environment()
    app.state.asset = files.asset
    for part in PARTS:
        app.router.routes.extend(part.routes)
    declared(app)
    add_error_pages(app)
    settings = platform.settings
    most = int(settings.upload_megabytes * 1e6) + 100_000  # the form's other fields
    large = dict.fromkeys(("/models", "/api/models"), int(settings.bundle_megabytes * 1e6) + 100_000)
    app.add_middleware(BoundedBodies, most=most, seconds=settings.upload_seconds, larger=large)
    app.add_middleware(SecurityHeaders, encrypted=settings.encrypted)
    app.add_middleware(Spoken)
    return app
