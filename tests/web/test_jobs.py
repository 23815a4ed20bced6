"""Work in the background: each analysis once, whoever is killed, and however many are at it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.web.app import open_platform
from cutis.web.database import Analysis, AuditEntry, Member, Participant, Photo, Study, StudyModel, User
from cutis.web.database.row import now
from cutis.web.jobs import claims
from cutis.web.jobs.queue import LATER, Queue
from cutis.web.jobs.worker import Worker
from cutis.web.models import registry
from cutis.web.people import tokens
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.photos.intake import take_in
from cutis.web.platform import Platform
from cutis.web.settings import Settings

from .conftest import Start, jpeg, wait

OTHERS = ("confocal", "dermoscopy", "facial", "image_quality")


def _study(platform: Platform, without: tuple[str, ...] = OTHERS) -> tuple[Access, str, str]:
    """A study that asks few models: who sends, a participant, and a token."""
    with platform.database.writing() as session:
        user, study = User(login=f"u{time.monotonic_ns()}", name="Nia", password="-"), Study(name="Amber")
        session.add_all([user, study])
        session.flush()
        one = Participant(study_id=study.id, pseudonym="A-1")
        session.add_all([one, Member(study_id=study.id, user_id=user.id, role=Role.CLINICIAN)])
        for task in without:
            session.add(StudyModel(study_id=study.id, task=task, bundle_digest=None, since=now()))
        _, token = tokens.make(session, user.id, "tests")
    return Access(user=user.id, study=study.id, role=Role.CLINICIAN), one.id, token


@pytest.fixture(scope="module")
def worker(platform: Platform) -> Worker:
    return Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder)


def _rows(platform: Platform, photo: str) -> list[Analysis]:
    with platform.database.reading() as session:
        return list(session.scalars(select(Analysis).where(Analysis.photo_id == photo)))


def test_what_is_to_be_analysed_is_written_with_the_photo_and_done_once(
    platform: Platform, worker: Worker
) -> None:
    access, participant, _ = _study(platform)
    photo = take_in(platform, access, participant, "k", BytesIO(jpeg(1, 320, 240))).photo
    rows = _rows(platform, photo.id)
    assert [one.state for one in rows] == ["waiting"]
    assert platform.queue.waiting() >= 1
    assert worker.do(photo.id) == 1
    assert worker.do(photo.id) == 0
    done = _rows(platform, photo.id)[0]
    assert (done.state, done.tries, done.taken_by) == ("done", 1, "")
    assert done.result is not None
    assert done.result["model"]["digest"] == done.bundle_digest
    with platform.database.reading() as session:
        said = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == photo.id, AuditEntry.action == "photo.analysed")
        ).all()
    assert [one.details["models"] for one in said] == [1]
    again = take_in(platform, access, participant, "k", BytesIO(jpeg(1, 320, 240)))
    assert not again.new
    assert len(_rows(platform, photo.id)) == 1


def test_a_photo_that_is_not_kept_leaves_nothing_to_analyse(platform: Platform) -> None:
    from cutis.web.errors import RefusedError

    access, participant, _ = _study(platform)
    with pytest.raises(RefusedError):
        take_in(platform, access, participant, "bad", BytesIO(b"no photo"))
    with platform.database.reading() as session:
        assert session.scalars(select(Analysis).where(Analysis.study_id == access.study)).all() == []


def test_workers_that_take_up_the_same_photos_at_once_do_each_once(
    platform: Platform, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, participant, _ = _study(platform)
    photos = [
        take_in(platform, access, participant, f"m{n}", BytesIO(jpeg(20 + n))).photo.id for n in range(6)
    ]
    asked: list[str] = []
    lock = threading.Lock()

    def count(engines: Any, scene: Any, photo: str, wanted: Any, maps: Any, keep: Any, *_: Any) -> None:
        with lock:
            asked.extend(wanted)
        time.sleep(0.02)
        keep({identity: claims.Outcome({"kind": "x"}) for identity in wanted})

    monkeypatch.setattr("cutis.web.jobs.worker.analyse", count)
    workers = [
        Worker(worker.database, worker.store, worker.audit, worker.engines, worker.folder) for _ in "abc"
    ]
    threads = [
        threading.Thread(target=lambda w=one: [w.do(photo) for photo in photos])  # type: ignore[misc]
        for one in workers
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert max(Counter(asked).values()) == 1
    for photo in photos:
        assert [one.state for one in _rows(platform, photo)] == ["done"]


def test_what_a_dead_worker_had_waits_until_its_time_is_over_or_its_successor_gives_it_back(
    platform: Platform, worker: Worker
) -> None:
    access, participant, _ = _study(platform)
    photo = take_in(platform, access, participant, "d", BytesIO(jpeg(40))).photo
    with platform.database.writing() as session:
        assert claims.take_up(session, photo.id, "dead") is not None
    assert worker.do(photo.id) == 0
    assert photo.id not in worker.left_over()
    with platform.database.writing() as session:
        assert claims.give_back(session, "dead") == 1
    assert photo.id in worker.left_over()
    with platform.database.writing() as session:
        taken = claims.take_up(session, photo.id, "slow")
        assert taken is not None
        session.execute(
            update(Analysis)
            .where(Analysis.photo_id == photo.id)
            .values(taken_until=now() - timedelta(seconds=1))
        )
    assert worker.do(photo.id) == 1
    late = {taken[1][0].id: claims.Outcome({"kind": "late"})}
    with platform.database.writing() as session:
        assert claims.write_down(session, platform.audit, taken[0], "slow", late) == 0
    result = _rows(platform, photo.id)[0].result
    assert result is not None
    assert result["kind"] != "late"


def test_a_photo_of_which_every_worker_dies_is_given_up_in_words(platform: Platform, worker: Worker) -> None:
    access, participant, _ = _study(platform)
    photo = take_in(platform, access, participant, "x", BytesIO(jpeg(41))).photo
    for _ in range(claims.MOST_TRIES):
        with platform.database.writing() as session:
            assert claims.take_up(session, photo.id, "dies") is not None
            claims.give_back(session, "dies")
    assert worker.do(photo.id) == 0
    row = _rows(platform, photo.id)[0]
    assert (row.state, row.problem) == ("failed", claims.ENDED)
    assert photo.id not in worker.left_over()


def test_a_model_whose_file_is_damaged_fails_alone(platform: Platform, worker: Worker) -> None:
    access, participant, _ = _study(platform, without=("confocal", "dermoscopy", "facial"))
    photo = take_in(platform, access, participant, "b", BytesIO(jpeg(42, 320, 240))).photo
    quality = Bundle.open(zoo.path("image_quality")).digest
    place = registry.place(platform.settings.data_folder, quality)
    kept = place.read_bytes()
    place.unlink()
    place.write_bytes(kept[:1000])
    fresh = Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder)
    fresh.do(photo.id)
    place.write_bytes(kept)
    states = {one.bundle_digest == quality: one for one in _rows(platform, photo.id)}
    assert states[True].state == "failed"
    assert "missing or damaged" in states[True].problem
    assert states[False].state == "done"


def test_the_queue_carries_names_only_and_what_is_not_ours_is_not_run(platform: Platform) -> None:
    import pickle

    got: list[str] = []
    queue = Queue(platform.settings, got.append)
    while queue.huey.dequeue() is not None:
        pass
    queue.wake("first", LATER)
    queue.wake("second")
    stored = queue.huey.storage.enqueued_items()
    assert b"second" in stored[0]  # what somebody waits for comes first
    for _ in range(2):
        queue.huey.execute(queue.huey.dequeue())
    assert got == ["second", "first"]
    queue.huey.storage.enqueue(pickle.dumps(print))
    with pytest.raises(UnicodeDecodeError):
        queue.huey.dequeue()


UPLOADS = 200


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_while_200_photos_come_each_acknowledged_one_is_there_once_and_analysed_once(
    start: Start, tmp_path: Path, kind: str, new_database: Callable[[str], str]
) -> None:
    url = new_database(kind)
    platform = open_platform(Settings(data_folder=tmp_path, database_url=url))
    access, participant, token = _study(
        platform, without=("confocal", "dermoscopy", "facial", "image_quality")
    )
    platform.database.close()
    photos = [jpeg(1000 + n) for n in range(UPLOADS)]
    acknowledged: dict[str, str] = {}
    waiting = list(range(UPLOADS))
    lock = threading.Lock()
    server = [start(CUTIS_DATABASE_URL=url, CUTIS_DECODERS="4")]

    def send() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                number = waiting.pop(0)
            try:
                answer: Any = httpx.post(
                    f"{server[0].address}/api/studies/{access.study}/photos",
                    data={"participant": participant, "key": f"k{number}"},
                    files={"photo": ("x.jpg", photos[number])},
                    headers={"authorization": f"Bearer {token}"},
                    timeout=60,
                )
            except httpx.TransportError:
                time.sleep(0.1)
                with lock:
                    waiting.append(number)
                continue
            assert answer.status_code in (200, 201), answer.text
            acknowledged[f"k{number}"] = answer.json()["id"]

    threads = [threading.Thread(target=send) for _ in range(6)]
    for one in threads:
        one.start()
    wait(lambda: len(acknowledged) >= UPLOADS // 2, 240)
    server[0].kill()
    server[0] = start(CUTIS_DATABASE_URL=url, CUTIS_DECODERS="4")
    for one in threads:
        one.join(300)
    assert len(acknowledged) == UPLOADS
    platform = open_database(tmp_path, url)
    try:
        wait(lambda: _open(platform) == 0, 300)
        server[0].kill()
        _each_once(platform, acknowledged)
    finally:
        platform.database.close()


def open_database(folder: Path, url: str) -> Any:
    """The database of a running server, without the rest of it."""
    from types import SimpleNamespace

    from cutis.web.audit.chain import Audit
    from cutis.web.database import Database
    from cutis.web.secret import read_secret

    database = Database(Settings(data_folder=folder, database_url=url).database)
    return SimpleNamespace(database=database, audit=Audit(read_secret(folder)))


def _open(platform: Any) -> int:
    with platform.database.reading() as session:
        return len(session.scalars(select(Analysis.id).where(Analysis.state == "waiting")).all())


def _each_once(platform: Any, acknowledged: dict[str, str]) -> None:
    with platform.database.reading() as session:
        rows = session.execute(select(Photo.key, Photo.id)).all()
        assert {row.key: row.id for row in rows} == acknowledged
        done = session.scalars(select(Analysis)).all()
        assert Counter(one.photo_id for one in done) == dict.fromkeys(acknowledged.values(), 1)
        assert {one.state for one in done} == {"done"}
        chosen = select(AuditEntry.subject).where(AuditEntry.action == "photo.analysed")
        assert Counter(session.scalars(chosen).all()) == dict.fromkeys(acknowledged.values(), 1)
        assert platform.audit.verify(session).problems == ()
