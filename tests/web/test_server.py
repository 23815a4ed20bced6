"""A real server process: how it starts, what it says, and what is left when it is killed."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from cutis.imaging.read import read_rgb
from cutis.web.app import open_platform
from cutis.web.database import Member, Participant, Photo, Study, User
from cutis.web.people import tokens
from cutis.web.people.roles import Role
from cutis.web.settings import Settings

from .conftest import CUTIS, Start, jpeg, wait


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")
def test_it_answers_within_five_seconds_and_never_loads_torch(start: Start) -> None:
    begun = time.monotonic()
    server = start()
    took = time.monotonic() - begun
    # A machine busy with other things stretches the time of day, not the processor's.
    spent = _processor_seconds(server.process.pid)
    assert min(took, spent) < 5, f"{took:.1f} s, {spent:.1f} s of the processor"
    answer = httpx.get(f"{server.address}/healthz")
    assert answer.json()["status"] == "ok"
    httpx.get(f"{server.address}/sign-in")
    loaded = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "torch" not in loaded
    assert "matplotlib" not in loaded


def test_the_first_start_prints_the_link_and_the_second_one_prints_another(start: Start) -> None:
    first = start()
    link = re.search(r"http://127\.0\.0\.1:\d+/join/\S+", first.said)
    assert link, first.said
    assert "administrator" in httpx.get(link[0]).text
    first.kill()
    second = start()
    path = link[0].split("/join/")[1]
    assert path not in second.said
    assert httpx.get(f"{second.address}/join/{path}").status_code == 404


def test_two_servers_do_not_share_a_folder(start: Start, tmp_path: Path) -> None:
    server = start()
    other = subprocess.run(
        [CUTIS, "serve", "--data", tmp_path, "--port", "0"], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1
    assert f"another server (process {server.process.pid}) has this folder open" in other.stderr
    server.kill()
    start()  # the lock ends with the process


def test_a_port_that_is_taken_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [CUTIS, "serve", "--data", tmp_path / "none", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"127.0.0.1:{port} cannot be listened at" in ended.stderr
    assert not (tmp_path / "none").exists()


def test_only_the_owner_can_read_what_is_kept(start: Start, tmp_path: Path) -> None:
    start()
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_an_endless_upload_comes_to_an_end(start: Start, tmp_path: Path) -> None:
    where, token, participant = _prepared(tmp_path)
    server = start(CUTIS_UPLOAD_SECONDS="1", CUTIS_UPLOAD_MEGABYTES="1")
    asked = f"POST {where} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    kind = "content-type: multipart/form-data; boundary=b\r\n"
    port = int(server.address.rsplit(":", 1)[1])
    slow = _answer_of(port, f"{asked}{kind}content-length: 1000\r\n\r\n--b\r\n".encode(), lambda _: None)
    assert b" 408 " in slow

    def without_end(connection: socket.socket) -> None:
        for _ in range(200):
            connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    head = f"{asked}{kind}transfer-encoding: chunked\r\n\r\n".encode()
    body = b'--b\r\ncontent-disposition: form-data; name="photo"; filename="x"\r\n\r\n'
    long = _answer_of(port, head + f"{len(body):x}\r\n".encode() + body + b"\r\n", without_end)
    assert b" 413 " in long
    assert participant.encode() not in slow + long


def _answer_of(port: int, begin: bytes, more: Callable[[socket.socket], None]) -> bytes:
    """What a server answers to a request that does not end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(begin)
        threading.Thread(target=_quietly, args=(more, connection), daemon=True).start()
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except OSError:
            pass
        return answer


def _quietly(more: Callable[[socket.socket], None], connection: socket.socket) -> None:
    with suppress(OSError):  # the server has closed, as it should
        more(connection)


def _prepared(folder: Path, database: str = "") -> tuple[str, str, str]:
    """A study with a participant: the address to send photos to, a token, the participant."""
    platform = open_platform(Settings(data_folder=folder, database_url=database))
    with platform.database.writing() as session:
        user, study = User(login="nia", name="Nia", password="-"), Study(name="Amber")
        session.add_all([user, study])
        session.flush()
        participant = Participant(study_id=study.id, pseudonym="A-1")
        session.add_all([participant, Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN)])
        _, token = tokens.make(session, user.id, "tests")
    platform.database.close()
    return f"/api/studies/{study.id}/photos", token, participant.id


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_photo_that_was_acknowledged_is_there_once_however_often_the_server_is_killed(
    start: Start, tmp_path: Path, kind: str, new_database: Callable[[str], str]
) -> None:
    url = new_database(kind)
    where, token, participant = _prepared(tmp_path, url)
    photos = {f"k{n:02}": jpeg(200 + n, 640, 480) for n in range(30)}
    acknowledged: dict[str, str] = {}
    waiting = list(photos)
    lock = threading.Lock()
    server = [start(CUTIS_DATABASE_URL=url)]

    def send() -> None:
        """Send what is not acknowledged, as a phone does: again and again, until an answer comes."""
        while True:
            with lock:
                if not waiting:
                    return
                key = waiting.pop(0)
            try:
                answer: Any = httpx.post(
                    server[0].address + where,
                    data={"participant": participant, "key": key},
                    files={"photo": ("x.jpg", photos[key])},
                    headers={"authorization": f"Bearer {token}"},
                    timeout=30,
                )
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in (200, 201):
                acknowledged[key] = answer.json()["id"]
                continue
            assert answer is None, answer.text
            time.sleep(0.2)
            with lock:
                waiting.append(key)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for already in (6, 18):
        wait(lambda already=already: len(acknowledged) >= already, 120)  # type: ignore[misc]
        server[0].kill()
        server[0] = start(CUTIS_DATABASE_URL=url)
    for one in threads:
        one.join(180)
    server[0].kill()
    assert acknowledged.keys() == photos.keys()
    _all_is_there_once(tmp_path, url, photos, acknowledged)


def _all_is_there_once(
    folder: Path, url: str, photos: dict[str, bytes], acknowledged: dict[str, str]
) -> None:
    platform = open_platform(Settings(data_folder=folder, database_url=url))
    with platform.database.reading() as session:
        rows = session.scalars(select(Photo)).all()
        assert platform.audit.verify(session).problems == ()
    assert {row.key: row.id for row in rows} == acknowledged
    files = {one for one in (platform.store.folder / "photos").rglob("*") if one.is_file()}
    assert files == {platform.store.photo(row.digest, row.kind) for row in rows}
    assert len(list((platform.store.folder / "previews").rglob("*.jpg"))) == len(rows)
    assert list(platform.store.incoming.iterdir()) == []
    for row in rows[::5]:
        kept = platform.store.photo(row.digest, row.kind)
        assert (read_rgb(kept) == read_rgb(photos[row.key])).all()
    platform.database.close()
