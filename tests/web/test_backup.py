"""Backups: taken while the server runs, whole or not there, brought back into either kind of database."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, inspect, select

from cutis.core.errors import CutisError
from cutis.web.app import open_platform
from cutis.web.audit.chain import Audit
from cutis.web.backup import back_up
from cutis.web.backup_rows import LEFT_OUT
from cutis.web.database import AuditEntry, Database, Member, Participant, Photo, Row, Study, User
from cutis.web.people import tokens
from cutis.web.people.roles import Role
from cutis.web.photos.store import Store
from cutis.web.restoring import restore
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

from .conftest import CUTIS, Start, World, jpeg


def _rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Row.metadata.sorted_tables
        }


def _whole(settings: Settings) -> int:
    """Every photo that the database names is there and is what its name says, and the audit is whole."""
    database, store = Database(settings.database), Store(settings.data_folder / "photos")
    with database.reading() as session:
        photos = session.execute(select(Photo.digest, Photo.kind)).all()
        for digest, kind in photos:
            assert hashlib.sha256(store.photo(digest, kind).read_bytes()).hexdigest() == digest
            assert store.preview(digest).read_bytes()[:2] == b"\xff\xd8"
        assert Audit(read_secret(settings.data_folder)).verify(session).problems == ()
    database.close()
    return len(photos)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "copy.tar"


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_what_comes_back_is_what_was_there_in_either_kind_of_database(
    world: World, out: Path, tmp_path: Path, new_database: Callable[[str], str], into: str
) -> None:
    held = world.stranger.platform
    world.a.people[Role.CLINICIAN].get(f"/studies/{world.a.id}/photos/{world.a.names['photo']}/file")
    before = _rows(held.database)
    copied = back_up(held.settings, out)
    assert out.stat().st_mode & 0o077 == 0
    there = Settings(data_folder=tmp_path / "back", database_url=new_database(into))
    brought = restore(there, out)
    assert (brought.photos, brought.rows, brought.head) == (copied.photos, copied.rows, copied.head)
    database = Database(there.database)
    after = _rows(database)
    assert {**before, **dict.fromkeys(LEFT_OUT, 0)} == after
    with held.database.reading() as one, database.reading() as other:
        for table in Row.metadata.sorted_tables:
            if table.name not in LEFT_OUT:
                keys = list(table.primary_key)
                rows = [set(map(repr, s.execute(select(table).order_by(*keys)).all())) for s in (one, other)]
                assert rows[0] == rows[1], table.name
    database.close()
    assert _whole(there) == copied.photos
    opened = open_platform(there)  # a server starts on it
    with opened.database.reading() as session:
        assert session.scalar(select(Study.name).where(Study.id == world.a.id)) == world.a.name
    opened.database.close()


def test_the_gateway_comes_back_with_its_rules_and_its_dead_letters(
    world: World, out: Path, tmp_path: Path
) -> None:
    held = world.stranger.platform
    kept = {
        "gateway.toml": b"[[rules]]",
        "gateway.json": b"{}",
        "gateway/arrived/a.dcm": b"as it came",
        "gateway/dead/letter/report.dcm": b"nobody took it",
    }
    for name, content in kept.items():
        place = held.settings.data_folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    (held.settings.data_folder / "gateway" / "arrived" / ".b.part").write_bytes(b"half")
    back_up(held.settings, out)
    there = Settings(data_folder=tmp_path / "back")
    restore(there, out)
    assert {name: (there.data_folder / name).read_bytes() for name in kept} == kept
    assert (there.data_folder / "gateway" / "dead" / "letter").stat().st_mode & 0o077 == 0
    assert not (there.data_folder / "gateway" / "arrived" / ".b.part").exists()
    for name in kept:
        (held.settings.data_folder / name).unlink()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_copy_taken_while_photos_arrive_holds_every_photo_that_it_names(
    start: Start,
    tmp_path: Path,
    kind: str,
    new_database: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    url = new_database(kind)
    settings = Settings(data_folder=tmp_path, database_url=url)
    platform = open_platform(settings)
    with platform.database.writing() as session:
        user, study = User(login="nia", name="Nia", password="-"), Study(name="Amber")
        session.add_all([user, study])
        session.flush()
        participant = Participant(study_id=study.id, pseudonym="A-1")
        session.add_all([participant, Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN)])
        _, token = tokens.make(session, user.id, "tests")
    platform.database.close()
    environment = {"CUTIS_DATABASE_URL": url} if url else {}
    server = start(**environment)
    acknowledged: list[str] = []
    stop = threading.Event()

    def send(first: int) -> None:
        with httpx.Client(
            base_url=server.address, headers={"authorization": f"Bearer {token}"}, timeout=120
        ) as client:
            for number in range(first, first + 400):
                if stop.is_set():
                    return
                answer = client.post(
                    f"/api/studies/{study.id}/photos",
                    data={"participant": participant.id, "key": f"k{number}"},
                    files={"photo": ("x.jpg", jpeg(number, 200 + number % 150, 240))},
                )
                assert answer.status_code == 201, answer.text
                acknowledged.append(answer.json()["id"])

    senders = [threading.Thread(target=send, args=(1000 * n,)) for n in range(2)]
    for one in senders:
        one.start()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    try:
        while len(acknowledged) < 4:
            assert any(one.is_alive() for one in senders)
        before = set(acknowledged)
        command = [CUTIS, "backup", "--data", tmp_path, "--out", elsewhere / "c.tar"]
        taken = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
        )
        assert taken.returncode == 0, taken.stderr
        meanwhile = len(acknowledged) - len(before)
    finally:
        stop.set()
        for one in senders:
            one.join()
    assert meanwhile > 0, "nothing arrived while the copy was taken"
    there = Settings(data_folder=elsewhere / "back", database_url=new_database(kind))
    back = {"CUTIS_DATABASE_URL": there.database_url} if url else {}
    command = [CUTIS, "restore", elsewhere / "c.tar", "--data", there.data_folder]
    brought = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **back})
    assert brought.returncode == 0, brought.stderr
    assert _whole(there) >= len(before)
    database = Database(there.database)
    with database.reading() as session:
        assert before <= set(session.scalars(select(Photo.id)))
    database.close()
    verified = subprocess.run(
        [CUTIS, "audit", "verify", "--data", there.data_folder],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **back},
    )
    assert "all as they were written" in verified.stdout, verified.stderr


def test_a_photo_deleted_while_the_copy_is_taken_makes_it_begin_anew(world: World, out: Path) -> None:
    held = world.stranger.platform
    someone = world.a.people[Role.CLINICIAN]
    sent = someone.api(
        "POST",
        f"/api/studies/{world.a.id}/photos",
        data={"participant": world.a.names["participant"], "key": "short-lived"},
        files={"photo": ("x.jpg", jpeg(77))},
    ).json()
    told: list[str] = []

    def said(words: str) -> None:
        told.append(words)
        if words.startswith("Copying") and sum(one.startswith("Copying") for one in told) == 1:
            with held.database.writing() as session:
                session.delete(session.get_one(Photo, sent["id"]))
            held.store.remove(sent["digest"], "jpg")

    copied = back_up(held.settings, out, said=said)
    assert [one for one in told if "beginning anew" in one]
    with held.database.reading() as session:
        assert copied.photos == len(set(session.scalars(select(Photo.digest))))


def test_a_missing_or_altered_photo_is_named_and_nothing_is_written(world: World, out: Path) -> None:
    held = world.stranger.platform
    with held.database.reading() as session:
        digest, kind = session.execute(select(Photo.digest, Photo.kind).limit(1)).one()
    place = held.store.photo(digest, kind)
    kept = place.read_bytes()
    try:
        place.write_bytes(kept + b"x")
        with pytest.raises(CutisError, match=f"{digest} is missing, or is not what it was"):
            back_up(held.settings, out)
    finally:
        place.write_bytes(kept)
    assert list(out.parent.iterdir()) == []


def test_it_is_brought_back_into_an_empty_place_only(
    world: World, out: Path, tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    held = world.stranger.platform
    back_up(held.settings, out)
    with pytest.raises(CutisError, match="is not empty"):
        restore(held.settings, out)
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    with pytest.raises(CutisError, match="is not empty"):
        restore(Settings(data_folder=full), out)
    assert [one.name for one in full.iterdir()] == ["letter.txt"]
    if held.settings.database_url:  # a database in use, with a new folder
        there = Settings(data_folder=tmp_path / "new", database_url=held.settings.database_url)
        before = _rows(held.database)
        with pytest.raises(CutisError, match="is not empty"):
            restore(there, out)
        assert _rows(held.database) == before
        assert not (tmp_path / "new").exists()
    empty = tmp_path / "empty"
    empty.mkdir()
    restore(Settings(data_folder=empty), out)
    assert (empty / "cutis.db").is_file()


def test_a_place_that_cannot_be_replaced_is_said_before_or_leaves_nothing(
    world: World,
    out: Path,
    tmp_path: Path,
    new_database: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = world.stranger.platform
    back_up(held.settings, out)
    kind = held.database.engine.dialect.name
    there = Settings(data_folder=tmp_path / "disk", database_url=new_database(kind))
    there.data_folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "is_mount", lambda self: self == there.data_folder)
        with pytest.raises(CutisError, match="a disk is mounted there"):
            restore(there, out)

    def busy(self: Path) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rmdir", busy)
        with pytest.raises(CutisError, match="cannot be put there"):
            restore(there, out)
    assert list(there.data_folder.iterdir()) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.tar", "disk"]
    assert restore(there, out).photos == _whole(there)


def test_a_database_that_is_brought_back_is_whole_in_its_one_file(
    world: World, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(world.stranger.platform.settings, out)
    there = Settings(data_folder=tmp_path / "back")
    with monkeypatch.context() as patch:  # what closing does by itself is done only where the disk has room
        patch.setattr(Database, "close", lambda self: None)
        copied = restore(there, out)
    assert _whole(there) == copied.photos > 0


def test_without_the_secret_nothing_is_opened(tmp_path: Path) -> None:
    there = Settings(data_folder=tmp_path / "data")
    opened = open_platform(there)
    opened.audit.note(opened.database, "session.refused")
    opened.database.close()
    (there.data_folder / "secret.key").rename(tmp_path / "secret.key")
    with pytest.raises(CutisError, match=r"secret\.key: is missing"):
        open_platform(there)
    assert not (there.data_folder / "secret.key").exists(), "a new one would make the audit worthless"
    (tmp_path / "secret.key").rename(there.data_folder / "secret.key")
    open_platform(there).database.close()


def _tar(members: dict[str, bytes], *, link: str = "") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        if link:
            entry = tarfile.TarInfo(link)
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(entry)
    return made.getvalue()


def _members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]


def _with_sums(members: dict[str, bytes]) -> dict[str, bytes]:
    inside = {name: data for name, data in members.items() if name != "sums.json"}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in inside.items()}
    return {**inside, "sums.json": json.dumps(sums).encode()}


def _lacking_a_photo(members: dict[str, bytes]) -> dict[str, bytes]:
    name = next(one for one in members if one.startswith("photos/"))
    return _with_sums({one: data for one, data in members.items() if one != name})


def _with_another_line(members: dict[str, bytes]) -> dict[str, bytes]:
    lines = members["tables/audit_entries.jsonl"].decode().splitlines()
    first = json.loads(lines[0])
    first["action"] = "nothing.happened"
    lines[0] = json.dumps(first)
    return _with_sums({**members, "tables/audit_entries.jsonl": ("\n".join(lines) + "\n").encode()})


def _newer(members: dict[str, bytes], **more: Any) -> dict[str, bytes]:
    about = {**json.loads(members["backup.json"]), **more}
    return _with_sums({**members, "backup.json": json.dumps(about).encode()})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda data, m: b"Dear doctor", "is no backup"),
        (lambda data, m: b"", "is no backup"),
        (lambda data, m: data[: len(data) // 2], "damaged|cut off"),
        (lambda data, m: data[:-20000], "damaged|cut off"),
        (lambda data, m: data.replace(b"photo.added", b"photo.eaten", 1), "is damaged: tables/audit_entries"),
        (lambda data, m: _tar({**m, "../outside": b"x"}), "does not belong"),
        (lambda data, m: _tar({**m, "/etc/x": b"x"}), "does not belong"),
        (lambda data, m: _tar({**m, "photos/../../x": b"x"}), "does not belong"),
        (lambda data, m: _tar(m, link="photos/x.jpg"), "does not belong"),
        (lambda data, m: _tar({n: d for n, d in m.items() if n != "sums.json"}), "cut off"),
        (lambda data, m: _tar({**m, "sums.json": b"[]"}), "cut off"),
        (lambda data, m: _tar(_with_sums({"secret.key": m["secret.key"]})), "no backup"),
        (lambda data, m: _tar(_lacking_a_photo(m)), "lacks files"),
        (lambda data, m: _tar(_with_another_line(m)), "audit of the backup is not whole"),
        (lambda data, m: _tar(_newer(m, format=9)), "newer cutis"),
        (lambda data, m: _tar(_newer(m, revision="9999")), "newer cutis"),
    ],
)
def test_a_file_that_does_not_hold_brings_nothing_back(
    world: World, out: Path, tmp_path: Path, new_database: Callable[[str], str], wrong: Any, told: str
) -> None:
    held = world.stranger.platform
    back_up(held.settings, out)
    data, members = out.read_bytes(), _members(out)
    out.write_bytes(wrong(data, members))
    kind = held.database.engine.dialect.name
    there = Settings(data_folder=tmp_path / "back", database_url=new_database(kind))
    with pytest.raises(CutisError, match=told):
        restore(there, out)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.tar"]
    if kind == "postgresql":
        database = Database(there.database)
        assert inspect(database.engine).get_table_names() == []
        database.close()


def test_a_folder_that_is_none_of_ours_is_said(tmp_path: Path, out: Path) -> None:
    with pytest.raises(CutisError, match="no data of the platform is here"):
        back_up(Settings(data_folder=tmp_path / "nowhere"), out)
    ended = subprocess.run(
        [CUTIS, "restore", tmp_path / "none.tar", "--data", tmp_path / "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "there is no such file" in ended.stderr


def test_no_table_counts_by_itself() -> None:
    """Numbers that a database gives out would begin anew in another one."""
    for table in Row.metadata.sorted_tables:
        assert table.autoincrement_column is None, table.name


def test_the_audit_goes_on_after_it_was_brought_back(world: World, out: Path, tmp_path: Path) -> None:
    back_up(world.stranger.platform.settings, out)
    there = Settings(data_folder=tmp_path / "back")
    restore(there, out)
    platform = open_platform(there)
    platform.audit.note(platform.database, "photo.seen", n=1)
    with platform.database.reading() as session:
        assert platform.audit.verify(session).problems == ()
        assert session.scalar(select(func.count(AuditEntry.number)))
    platform.database.close()
