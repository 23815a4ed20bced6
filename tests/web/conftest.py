"""A platform on SQLite and on a real PostgreSQL server, two studies, and somebody of every role in each."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="the web extra is not installed")

from argon2 import PasswordHasher
from sqlalchemy import create_engine, select, text
from starlette.testclient import TestClient

from cutis.web.app import create_app, open_platform
from cutis.web.capture import links
from cutis.web.database import (
    Analysis,
    Member,
    Participant,
    Reader,
    ReaderStudy,
    ReadingCase,
    Site,
    Study,
    User,
)
from cutis.web.database.row import now
from cutis.web.gateway.catalogue import instance_uid, series_uid, study_uid
from cutis.web.people import passwords, sessions, taking_part, tokens
from cutis.web.people.access import Access
from cutis.web.people.form_tokens import VISITOR
from cutis.web.people.roles import STUDY_ROLES, Role
from cutis.web.platform import Platform
from cutis.web.reading.design import first_design
from cutis.web.secret import seal
from cutis.web.settings import Settings
from cutis.web.studies.changes import add_participant

from ..conftest import _LOOK

# What Chromium tells the console that is no fault of a page: an answer that is 4xx on purpose, a field that
# asked for the focus after somebody had begun to type, and advice on password fields.
HARMLESS = ("Failed to load resource", "Autofocus processing was blocked", "[DOM] Password forms should have")

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, on a socket in a temporary folder."""
    found = shutil.which("initdb")
    programs = Path(found).parent if found else POSTGRES[-1] if POSTGRES else None
    if programs is None:
        pytest.skip("there is no PostgreSQL on this machine (Debian: apt install postgresql)")
    pytest.importorskip("psycopg", reason="the postgresql extra is not installed")
    folder = Path(tempfile.mkdtemp(prefix="cutis-pg-"))
    who: dict[str, Any] = {}
    if os.getuid() == 0:  # it does not run as root
        user = pwd.getpwnam("postgres" if any(u.pw_name == "postgres" for u in pwd.getpwall()) else "nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    made = ["-D", folder / "data", "-A", "trust", "-U", "cutis", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([programs / "initdb", *made], check=True, **quiet, **who)
    choices = ["listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=16MB"]
    server = subprocess.Popen(
        [
            programs / "postgres",
            "-D",
            folder / "data",
            "-k",
            folder,
            *(a for c in choices for a in ("-c", c)),
        ],
        **quiet,
        **who,
    )
    url = f"postgresql://cutis@/postgres?host={folder}"
    _wait_for(url, server)
    yield url
    server.send_signal(signal.SIGINT)
    server.wait(30)
    shutil.rmtree(folder)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url.replace("postgresql", "postgresql+psycopg"))
    for _ in range(300):
        assert server.poll() is None, "PostgreSQL ended at its start"
        try:
            with engine.connect():
                break
        except Exception:
            time.sleep(0.1)
    else:
        pytest.fail("PostgreSQL did not start within 30 seconds")
    engine.dispose()


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of an empty database of a kind; of SQLite it is empty, for the one in the data folder."""

    def make(kind: str) -> str:
        if kind == "sqlite":
            return ""
        url = request.getfixturevalue("postgresql")
        name = f"t{secrets.token_hex(6)}"
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return str(url.replace("/postgres?", f"/{name}?"))

    return make


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hashes of the same kind that take a thousandth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def platform(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    new_database: Callable[[str], str],
) -> Iterator[Platform]:
    """An open platform; each kind of database in turn."""
    settings = Settings(
        data_folder=tmp_path_factory.mktemp("data"),
        database_url=new_database(request.param),
        upload_megabytes=2,
        upload_megapixels=4,
        sign_ins_per_minute=1000,
    )
    opened = open_platform(settings)
    yield opened
    opened.database.close()


@pytest.fixture(scope="module")
def stranger(platform: Platform) -> Iterator[Browser]:
    """A browser in which nobody is signed in."""
    with TestClient(create_app(platform), base_url="http://cutis.test", follow_redirects=False) as client:
        yield Browser(client, platform)


@dataclass(eq=False)
class Browser:
    """A browser: it sends the form's token with each form, as a page does."""

    client: TestClient
    platform: Platform
    cookie: str = ""
    token: str = ""
    user: str = ""

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, headers=self._headers(), **more)

    def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> Any:
        sent = {"form_token": self.form_token, **(data or {})}
        return self.client.post(
            path, data=sent, headers={**self._headers(), **more.pop("headers", {})}, **more
        )

    def api(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    @property
    def form_token(self) -> str:
        return seal(self.platform.secret, "form", self.cookie or "visitor")

    def _headers(self) -> dict[str, str]:
        self.client.cookies.clear()  # one client serves all: each request says who it is
        own = f"{sessions.COOKIE}={self.cookie}; " if self.cookie else ""
        return {"cookie": f"{own}{VISITOR}=visitor"}


@dataclass(eq=False)
class Phone(Browser):
    """A phone that is open for a participant; it sends that cookie everywhere, which no browser would."""

    participant: str = ""
    nurse: str = ""  # cookie of the member of the study who holds it

    def post(self, path: str, data: dict[str, str] | None = None, **more: Any) -> Any:
        of = self.cookie if path.startswith(taking_part.PATH) else "visitor"
        return super().post(
            path, {"form_token": seal(self.platform.secret, "form", of), **(data or {})}, **more
        )

    def _headers(self) -> dict[str, str]:
        self.client.cookies.clear()
        own = f"{sessions.COOKIE}={self.nurse}; " if self.nurse else ""
        return {"cookie": f"{own}{taking_part.COOKIE}={self.cookie}; {VISITOR}=visitor"}


@dataclass(eq=False)
class InStudy:
    """A study with somebody of every role, a site, a participant and a photo."""

    id: str
    name: str
    people: dict[Role, Browser]
    names: dict[str, str]  # of parameters of addresses -> identities
    secrets: list[str] = field(default_factory=list)  # words that nobody else may ever see
    bound: dict[Role, Browser] = field(default_factory=dict)  # members who see a site where nobody is

    def phone(self, participant: str = "") -> Phone:
        """A phone that was just opened by a link, of a participant of its own where none is named."""
        someone = self.people[Role.CLINICIAN]
        platform = someone.platform
        access = Access(user=someone.user, study=self.id, role=Role.CLINICIAN)
        participant = participant or add_participant(platform, access, secrets.token_hex(6)).id
        _, link = links.make(platform, access, participant, 30, once=False)
        cookie = links.open_link(platform, link, "en").cookie
        return Phone(someone.client, platform, cookie, cookie, participant=participant)


@dataclass(eq=False)
class World:
    """Two studies, an administrator, and a stranger."""

    a: InStudy
    b: InStudy
    administrator: Browser
    stranger: Browser


@pytest.fixture(scope="module")
def world(platform: Platform, stranger: Browser) -> World:
    """Two studies that have nothing to do with each other."""
    return World(
        _study(platform, stranger, "Amber", 1),
        _study(platform, stranger, "Birch", 2),
        _person(platform, stranger, "Ada Root", administrator=True),
        stranger,
    )


def _person(platform: Platform, stranger: Browser, name: str, **more: Any) -> Browser:
    with platform.database.writing() as session:
        user = User(login=secrets.token_hex(6), name=name, password="none", **more)
        session.add(user)
        session.flush()
        cookie = sessions.start(session, user, 1)
        _, token = tokens.make(session, user.id, "tests")
    return Browser(stranger.client, platform, cookie, token, user.id)


def _study(platform: Platform, stranger: Browser, name: str, seed: int) -> InStudy:
    people = {role: _person(platform, stranger, f"{name} {role.value} person") for role in STUDY_ROLES}
    bound = {role: _person(platform, stranger, f"{name} bound {role.value}") for role in STUDY_ROLES}
    with platform.database.writing() as session:
        study = Study(name=f"{name} study", keeps_capture_time=True)
        session.add(study)
        session.flush()
        site, other = (Site(study_id=study.id, name=f"{name} {place}") for place in ("site", "hill"))
        session.add_all([site, other])
        session.flush()
        participant = Participant(study_id=study.id, pseudonym=f"{name}-001", site_id=site.id)
        spare = _person_row(f"{name} spare person")
        session.add_all([participant, spare])
        session.flush()
        member = Member(study_id=study.id, user_id=spare.id, role=Role.READER)
        members = [Member(study_id=study.id, user_id=b.user, role=role) for role, b in people.items()]
        members += [
            Member(study_id=study.id, user_id=b.user, role=role, sites=[other.id])
            for role, b in bound.items()
        ]
        session.add_all([member, *members])
        session.flush()
    names = {"study": study.id, "member": member.id, "participant": participant.id}
    sent = people[Role.CLINICIAN].api(
        "POST",
        f"/api/studies/{study.id}/photos",
        data={"participant": participant.id, "key": "first"},
        files={"photo": ("x.jpg", jpeg(seed))},
    )
    assert sent.status_code == 201, sent.text
    names["photo"] = sent.json()["id"]
    names |= _reading(platform, study.id, names["photo"], people, bound)
    with platform.database.reading() as session:
        chosen = select(Analysis.id).where(Analysis.photo_id == names["photo"]).order_by(Analysis.id)
        names["analysis"] = session.scalars(chosen).first() or ""
    clinician = Access(user=people[Role.CLINICIAN].user, study=study.id, role=Role.CLINICIAN)
    names |= {
        "dicom_study": study_uid(participant.id),
        "dicom_series": series_uid(participant.id),
        "dicom_instance": instance_uid(names["photo"]),
    }
    names["participant_link"], _ = links.make(platform, clinician, participant.id, 30, once=False)
    hidden = [f"{name} ", f"{name}-001", participant.id, names["photo"], sent.json()["digest"], member.id]
    return InStudy(study.id, study.name, people, names, hidden, bound)


def _reading(
    platform: Platform, study: str, photo: str, people: dict[Role, Browser], bound: dict[Role, Browser]
) -> dict[str, str]:
    """An open study of readers of which everybody is a reader."""
    first = {
        role: Reader(user_id=who.user, pseudonym=f"R0{n}", number=n)
        for n, (role, who) in enumerate(people.items())
    }
    others = [
        Reader(user_id=who.user, pseudonym=f"R1{n}", number=10 + n) for n, who in enumerate(bound.values())
    ]
    with platform.database.writing() as session:
        design = first_design().model_dump(mode="json")
        who = people[Role.INVESTIGATOR].user
        reading = ReaderStudy(
            study_id=study, title="Readings", design=design, state="open", made_by=who, opened=now()
        )
        session.add(reading)
        session.flush()
        case = ReadingCase(reader_study_id=reading.id, number=1, photo_id=photo, truth="benign")
        for one in (*first.values(), *others):
            one.reader_study_id, one.order = reading.id, [[1, 0, 1]]
        session.add_all([case, *first.values(), *others])
        session.flush()
    own = {"reading": reading.id, "case": case.id, "reader": first[Role.READER].id}
    return {**own, "place": "1", "file": "design.json"}


def _person_row(name: str) -> User:
    return User(login=secrets.token_hex(6), name=name, password="none")


CUTIS = Path(sys.executable).parent / "cutis"


@dataclass(eq=False)
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    address: str
    said: str

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


Start = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `cutis serve` on the test's own folder."""
    running: list[subprocess.Popen[str]] = []

    def make(*more: str, **environment: str) -> Server:
        process = subprocess.Popen(
            [CUTIS, "serve", "--data", tmp_path, "--port", "0", *more],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        running.append(process)
        assert process.stdout is not None
        said = ""
        while "\nOpen " not in said:
            line = process.stdout.readline()
            assert line, f"the server ended at its start: {said}"
            said += line
        address = said.rsplit("Open ", 1)[1].strip()
        server = Server(process, address, said)
        wait(lambda: httpx.get(f"{address}/healthz", timeout=30).status_code == 200)
        return server

    yield make
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def wait(done: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def look() -> str:
    """A script that lists what is wrong with how a page looks."""
    return _LOOK


def jpeg(seed: int, width: int = 64, height: int = 48, **more: Any) -> bytes:
    """A small photo, another for each seed."""
    noise = Image.frombytes(
        "RGB", (8, 6), bytes((seed * 37 + n * 59 + n * n * seed) % 256 for n in range(144))
    )
    out = BytesIO()
    noise.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90, **more)
    return out.getvalue()
