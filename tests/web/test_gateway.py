# ruff: noqa: F401, F811 (fixtures of other parts, by their names)
"""The gateway: from a camera's folder to the archive and the record, once, whatever happens in between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

pytest.importorskip("pydicom", reason="needs the 'dicom' extra")
pytest.importorskip("highdicom", reason="needs the 'dicom' extra")

from cutis.phantoms.dermoscopy import render
from cutis.web.app import open_platform
from cutis.web.audit.chain import Audit
from cutis.web.database import (
    AuditEntry,
    Database,
    Delivery,
    Dispatch,
    Participant,
    Photo,
    Study,
    StudyModel,
)
from cutis.web.database.row import now
from cutis.web.models import registry
from cutis.web.secret import read_secret
from cutis.web.settings import Settings

from ..interop.dicom.conftest import orthanc
from ..interop.fhir.conftest import Record, record

CUTIS = Path(sys.executable).parent / "cutis"
SYSTEM = "urn:hospital:mrn"


def photo(seed: int) -> bytes:
    """A rendered lesion as a camera's JPEG."""
    import io

    import numpy as np
    from PIL import Image

    rendered = render("melanocytic_nevus", 384, np.random.default_rng(seed))
    out = io.BytesIO()
    Image.fromarray(rendered.image).save(out, "JPEG", quality=92)
    return out.getvalue()


@dataclass(eq=False)
class Place:
    """An installation with a study, and the gateway's document."""

    folder: Path
    camera: Path
    study: str
    running: list[subprocess.Popen[str]]

    def write(self, document: str) -> None:
        (self.folder / "gateway.toml").write_text(document)

    def start(self, ready: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [CUTIS, "gateway", "--data", self.folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.running.append(process)
        process.said = ""  # type: ignore[attr-defined]
        while ready and "Ready." not in process.said:  # type: ignore[attr-defined]
            line = process.stdout.readline()  # type: ignore[union-attr]
            assert line, f"the gateway ended at its start: {process.said}"  # type: ignore[attr-defined]
            process.said += line  # type: ignore[attr-defined]
        return process

    def drop(self, patient: str, name: str, content: bytes) -> Path:
        path = self.camera / patient / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def rows(self, *kinds: Any) -> list[Any]:
        database = Database(Settings(data_folder=self.folder).database)
        with database.reading() as session:
            found = [list(session.scalars(select(kind))) for kind in kinds]
        database.close()
        return found[0] if len(kinds) == 1 else found

    def wait(self, done: Callable[[], bool], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not done():
            deliveries, dispatches = self.rows(Delivery, Dispatch)
            told = [(one.state, one.problem) for one in deliveries]
            told += [(one.target, one.state, one.problem) for one in dispatches]
            assert time.monotonic() < end and not any("dead" in one for one in told), told
            time.sleep(0.3)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def make_place(tmp_path: Path, *tasks: str) -> tuple[Path, str]:
    """A data folder with a study in which some tasks answer."""
    platform = open_platform(Settings(data_folder=tmp_path / "data"))
    with platform.database.writing() as session:
        study = Study(name="Ward 4")
        session.add(study)
        session.flush()
        for task in registry.shipped_defaults(session):
            if task not in tasks:
                session.add(StudyModel(study_id=study.id, task=task, bundle_digest=None, since=now()))
    platform.database.close()
    return tmp_path / "data", study.id


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    folder, study = make_place(tmp_path, "image_quality", "dermoscopy")
    camera = tmp_path / "camera"
    camera.mkdir()
    made = Place(folder, camera, study, [])
    yield made
    for process in made.running:
        if process.poll() is None:
            process.terminate()
            process.wait(40)
        process.stdout.close()  # type: ignore[union-attr]


def document(place: Place, orthanc: dict[str, Any], record: Record, **more: str) -> str:
    return f"""
[[folders]]
name = "camera 1"
path = "{place.camera}"
settle = 0.5
modality = "dermoscopic"
issuer = "hospital"

[[nodes]]
name = "archive"
host = "127.0.0.1"
port = {orthanc["dicom"]}
title = "ORTHANC"

[[records]]
name = "ehr"
url = "{record.base}"
identifier_system = "{SYSTEM}"
issuer = "hospital"

[[rules]]
source = ["camera 1"]
study = "Ward 4"
quality_gate = {more.get("gate", "false")}
send_to = ["archive", "ehr"]

[sending]
tries = 40
first_wait = 0.5
longest_wait = 2
"""


def held_by(orthanc: dict[str, Any], patient: str) -> dict[str, list[str]]:
    """What the archive has of a patient: UIDs by SOP class."""
    base = f"http://127.0.0.1:{orthanc['http']}"
    found: dict[str, list[str]] = {}
    asked = {"Level": "Instance", "Query": {"PatientID": patient}, "Expand": True}
    for one in httpx.post(f"{base}/tools/find", json=asked, timeout=30).json():
        tags = httpx.get(f"{base}/instances/{one['ID']}/header?simplify", timeout=30).json()
        found.setdefault(tags["MediaStorageSOPClassUID"], []).append(tags["MediaStorageSOPInstanceUID"])
    return found


DERMOSCOPIC, REPORT = "1.2.840.10008.5.1.4.1.1.77.1.7", "1.2.840.10008.5.1.4.1.1.88.33"
OVERLAY, SEGMENTATION = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.66.4"


def reports(record: Record) -> list[dict[str, Any]]:
    return [one for one in record.resources.values() if one["resourceType"] == "DiagnosticReport"]


def know(record: Record, *numbers: str) -> None:
    for number in numbers:
        record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": number}]})


def test_a_photo_goes_the_whole_way_from_the_camera_to_archive_and_record(
    place: Place,
    orthanc: dict[str, Any],
    record: Record,
) -> None:
    know(record, "MRN-1", "MRN-2")
    place.write(document(place, orthanc, record))
    process = place.start()
    content = photo(1)
    path = place.drop("MRN-1", "IMG_0001.JPG", content)
    before = path.stat().st_mtime_ns
    place.wait(lambda: [one.state for one in place.rows(Delivery)] == ["done"], 300)
    process.terminate()
    assert process.wait(60) == 0
    assert path.read_bytes() == content and path.stat().st_mtime_ns == before
    held = held_by(orthanc, "MRN-1")
    assert [len(held[kind]) for kind in (DERMOSCOPIC, REPORT)] == [1, len(held[REPORT])]
    assert held[OVERLAY] and held[SEGMENTATION]
    (told,) = reports(record)
    patient = next(one for key, one in record.resources.items() if key.startswith("Patient/")
                   and one.get("identifier", [{}])[0].get("value") == "MRN-1")  # fmt: skip
    assert told["subject"]["reference"] == f"Patient/{patient['id']}"
    assert told["status"] == "preliminary"
    (participant,), (kept,) = place.rows(Participant, Photo)
    assert participant.pseudonym.startswith("G-") and "MRN" not in participant.pseudonym
    assert kept.participant_id == participant.id
    actions = [one.action for one in place.rows(AuditEntry)]
    story = ["delivery.arrived", "participant.added", "patient.linked", "photo.added", "delivery.taken",
             "delivery.results_made", "delivery.done"]  # fmt: skip
    assert [one for one in actions if one in story] == story
    assert actions.count("dispatch.sent") == 2 and "photo.analysed" in actions
    lines = " ".join(f"{one.subject} {one.details}" for one in place.rows(AuditEntry))
    assert "MRN-1" not in lines


# Loads all once, and forks a gateway for each line that it reads: starting Python ten times takes longer
# than all that is tested. The worker is a thread of it here, so that it is killed as well.
NURSERY = """
import os, sys, threading
from contextlib import contextmanager
from pathlib import Path
import highdicom.seg, highdicom.sr, imagecodecs, pydicom, pynetdicom
from cutis.web.gateway import run as gateway
from cutis.web.gateway.document import read_rules
from cutis.web.jobs.worker import Worker
from cutis.web.settings import Settings

settings = Settings(data_folder=Path(sys.argv[1]))

@contextmanager
def worker_of(_):
    def work():
        from cutis.web.audit.chain import Audit
        from cutis.web.database import Database
        from cutis.web.jobs import claims
        from cutis.web.photos.store import open_store
        from cutis.web.secret import read_secret
        database = Database(settings.database)
        own = Worker.of(database, open_store(settings), Audit(read_secret(settings.data_folder)),
                        settings.data_folder)
        before = settings.data_folder / "worker.name"
        if before.exists():
            with database.writing() as session:
                claims.give_back(session, before.read_text())
        before.write_text(own.name)
        while True:
            own.do_all()
            threading.Event().wait(0.1)
    threading.Thread(target=work, daemon=True).start()
    yield

gateway.worker_of = worker_of
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        gateway.run(settings, read_rules(settings.data_folder), lambda _: None, threading.Event())
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
"""


def told(place: Place) -> int:
    return len(place.rows(AuditEntry))


def test_killed_ten_times_anywhere_each_photo_is_everywhere_once_in_the_end(
    tmp_path: Path,
    orthanc: dict[str, Any],
    record: Record,
) -> None:
    folder, study = make_place(tmp_path, "image_quality")
    place = Place(folder, tmp_path / "camera", study, [])
    place.camera.mkdir()
    numbers = [f"K-{n}" for n in range(5)]
    know(record, *numbers)
    place.write(document(place, orthanc, record))
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert nursery.stdin and nursery.stdout
    rng = random.Random(20261121)
    seen: list[str] = []
    for n in range(11):
        if n % 2 == 0 and n < 10:
            place.drop(numbers[n // 2], "IMG.jpg", photo(100 + n))
        nursery.stdin.write("start\n")
        nursery.stdin.flush()
        child = int(nursery.stdout.readline())
        if n < 10:
            # Killed after so many lines of the audit, of the ten that a photo's way has, and a moment more.
            wanted, end = told(place) + rng.randint(1, 8), time.monotonic() + 60
            while told(place) < wanted and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(rng.uniform(0, 0.2))
        else:
            place.wait(lambda: [one.state for one in place.rows(Delivery)] == ["done"] * 5, 300)
        os.kill(child, signal.SIGKILL)
        nursery.stdin.write("killed\n")
        nursery.stdin.flush()
        with_last = max(place.rows(AuditEntry), key=lambda one: one.number)
        seen.append(with_last.action)
    nursery.stdin.close()
    nursery.wait(30)
    nursery.stdout.close()
    deliveries, photos, participants, dispatches = place.rows(Delivery, Photo, Participant, Dispatch)
    assert len(deliveries) == len(photos) == len(participants) == 5
    assert [one.state for one in dispatches] == ["sent"] * 10
    for number in numbers:
        held = {kind: len(uids) for kind, uids in held_by(orthanc, number).items()}
        assert held == dict.fromkeys((DERMOSCOPIC, REPORT, OVERLAY, SEGMENTATION), 1)
    assert len(reports(record)) == 5
    assert len({one["subject"]["reference"] for one in reports(record)}) == 5
    entries = place.rows(AuditEntry)
    for action in (
        "delivery.arrived",
        "photo.added",
        "delivery.taken",
        "delivery.results_made",
        "delivery.done",
    ):
        assert len([one for one in entries if one.action == action]) == 5
    database = Database(Settings(data_folder=folder).database)
    with database.reading() as session:
        assert not Audit(read_secret(folder)).verify(session).problems
    database.close()
    sys.stdout.write(f"killed after: {seen[:10]}\n")
    assert len(set(seen[:10])) > 2, "the kills were all at the same point"


def test_a_dicomweb_server_is_asked_for_photos_and_sent_results(
    tmp_path: Path, orthanc: dict[str, Any]
) -> None:
    from cutis.interop.dicom.description import Description, Patient
    from cutis.interop.dicom.send import Peer, send
    from cutis.interop.dicom.wrap import wrap_file
    from cutis.web.gateway import dicomweb
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.inlets.web import AskedServer
    from cutis.web.gateway.rules import Rules

    folder, _ = make_place(tmp_path)
    (tmp_path / "a.jpg").write_bytes(photo(300))
    said = Description(patient=Patient("WEB-1"))
    wrap_file([tmp_path / "a.jpg"], "dermoscopic", said, tmp_path / "a.dcm")
    assert send([tmp_path / "a.dcm"], Peer("127.0.0.1", orthanc["dicom"]))[0].state == "sent"
    web = {"name": "web", "url": orthanc["web"], "query": {"PatientID": "WEB-1"}, "every": 1}
    rules = Rules.model_validate({"dicomweb": [web]})
    platform = open_platform(Settings(data_folder=folder))
    gateway, told = Gateway(platform, rules), list[str]()
    server = AskedServer(gateway, rules.dicomweb[0], told.append)
    assert server.look() == 1, told
    assert server.look() == 0 and not told
    with platform.database.reading() as session:
        (kept,) = session.scalars(select(Delivery)).all()
    assert (kept.patient, kept.modality, kept.identity) == (
        "WEB-1",
        "dermoscopic",
        f"uid:{said.instance_uid}",
    )
    assert photo(300) in (gateway.arrived / kept.place).read_bytes()  # bit by bit, as it was stored
    wrap_file([tmp_path / "a.jpg"], "clinical", Description(patient=Patient("WEB-2")), tmp_path / "b.dcm")
    assert dicomweb.store(rules.dicomweb[0], [tmp_path / "b.dcm"]) == "1 objects"
    assert len(held_by(orthanc, "WEB-2")) == 1
    platform.database.close()


def test_what_a_dicomweb_server_gives_damaged_is_refused_once(
    tmp_path: Path, orthanc: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again every second, it would fill the audit; and it keeps no photo behind it away."""
    from cutis.interop.dicom.description import Description, Patient
    from cutis.interop.dicom.wrap import wrap_file
    from cutis.web.gateway import dicomweb
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.inlets.web import AskedServer
    from cutis.web.gateway.rules import Rules

    folder, _ = make_place(tmp_path)
    web = {"name": "web", "url": orthanc["web"], "query": {"PatientID": "ODD-1"}, "every": 1}
    rules = Rules.model_validate({"dicomweb": [web]})
    said = [Description(patient=Patient("ODD-1")) for _ in range(2)]
    for number, one in enumerate(said):
        (tmp_path / f"{number}.jpg").write_bytes(photo(340 + number))
        wrap_file([tmp_path / f"{number}.jpg"], "clinical", one, tmp_path / f"{number}.dcm")
    dicomweb.store(rules.dicomweb[0], [tmp_path / "0.dcm", tmp_path / "1.dcm"])
    whole, asked = dicomweb.fetched, list[str]()

    def fetched(web: Any, study: str, series: str, instance: str) -> bytes:
        asked.append(instance)
        content = whole(web, study, series, instance)
        return content[:200] if instance == said[0].instance_uid else content

    monkeypatch.setattr(dicomweb, "fetched", fetched)
    platform = open_platform(Settings(data_folder=folder))
    told = list[str]()
    server = AskedServer(Gateway(platform, rules), rules.dicomweb[0], told.append)
    assert [server.look(), server.look(), server.look()] == [1, 0, 0]
    assert sorted(asked) == sorted(one.instance_uid for one in said)
    assert len(told) == 1 and "cut off" in told[0]
    with platform.database.reading() as session:
        refused = select(AuditEntry).where(AuditEntry.action == "delivery.refused")
        assert len(session.scalars(refused).all()) == 1
    platform.database.close()


def test_a_dicomweb_server_that_is_sent_results_does_not_bring_them_back(
    tmp_path: Path, orthanc: dict[str, Any]
) -> None:
    from cutis.interop.dicom.description import Description, Patient
    from cutis.interop.dicom.wrap import wrap_file
    from cutis.web.gateway import dicomweb, sending, steps
    from cutis.web.gateway.arrive import Came, arrive
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.inlets.web import AskedServer
    from cutis.web.gateway.rules import Rules
    from cutis.web.jobs.worker import Worker

    folder, _ = make_place(tmp_path, "image_quality")
    kinds = ["XC", "DMS", "OT", "SR", "SEG"]
    web = {"name": "web", "url": orthanc["web"], "query": {"PatientID": "OWN-1"}, "every": 1}
    rules = Rules.model_validate(
        {
            "dicomweb": [{**web, "modalities": kinds}],
            "rules": [{"study": "Ward 4", "send_to": ["web"]}],
        }
    )
    platform = open_platform(Settings(data_folder=folder))
    gateway, told = Gateway(platform, rules), list[str]()
    worker = Worker.of(platform.database, platform.store, platform.audit, folder)
    (tmp_path / "b.jpg").write_bytes(photo(311))
    said = Description(patient=Patient("OWN-1"))
    wrap_file([tmp_path / "b.jpg"], "clinical", said, tmp_path / "b.dcm")
    for content in (photo(310), (tmp_path / "b.dcm").read_bytes()):
        arrived = arrive(gateway, Came("camera", content, patient="OWN-1"))
        assert steps.advance(gateway, arrived.id)
        worker.do_all()
        assert steps.advance(gateway, arrived.id)
    with platform.database.reading() as session:
        letters = list(session.scalars(select(Dispatch.id)))
    for one in letters:
        assert sending.dispatch(gateway, one)
    held = held_by(orthanc, "OWN-1")
    assert held[REPORT] and held[OVERLAY] and held[SEGMENTATION]
    wrap_file([tmp_path / "b.jpg"], "clinical", Description(patient=Patient("OWN-1")), tmp_path / "c.dcm")
    dicomweb.store(rules.dicomweb[0], [tmp_path / "c.dcm"])  # of somebody else, whose UIDs are UUIDs as well
    server = AskedServer(gateway, rules.dicomweb[0], told.append)
    assert server.look() == 1, told
    assert server.look() == 0 and not told
    with platform.database.reading() as session:
        assert len(session.scalars(select(Delivery)).all()) == 3
    platform.database.close()


def test_results_that_an_archive_sends_back_are_confirmed_and_not_analysed(tmp_path: Path) -> None:
    """As archives do that pass on all that they get: by the receiver, and by any other inlet."""
    from cutis.interop.dicom.send import Peer, send
    from cutis.web.gateway import steps
    from cutis.web.gateway.arrive import Came, arrive
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.inlets.receiver import listening
    from cutis.web.gateway.peers import Receiver
    from cutis.web.gateway.rules import Rules
    from cutis.web.jobs.worker import Worker

    folder, _ = make_place(tmp_path, "image_quality")
    node = {"name": "archive", "host": "127.0.0.1", "port": 9, "title": "PACS"}
    rules = Rules.model_validate({"nodes": [node], "rules": [{"study": "Ward 4", "send_to": ["archive"]}]})
    platform = open_platform(Settings(data_folder=folder))
    gateway, told = Gateway(platform, rules), list[str]()
    worker = Worker.of(platform.database, platform.store, platform.audit, folder)
    arrived = arrive(gateway, Came("camera", photo(330), patient="OWN-3"))
    assert steps.advance(gateway, arrived.id)
    worker.do_all()
    assert steps.advance(gateway, arrived.id)
    made = sorted(gateway.results(arrived.id).glob("*.dcm"))
    assert len({path.name.partition("-")[0] for path in made}) >= 3, "photo, report, overlay"
    kept = set(gateway.arrived.iterdir())
    with listening(gateway, Receiver(port=0), told.append) as port:
        assert {one.state for one in send(made, Peer("127.0.0.1", port, "CUTIS"))} == {"sent"}
    assert not told
    assert all(not arrive(gateway, Came("web", path.read_bytes())).new for path in made)
    assert set(gateway.arrived.iterdir()) == kept
    with platform.database.reading() as session:
        assert len(session.scalars(select(Delivery)).all()) == 1
    platform.database.close()


def test_results_that_are_sent_while_a_dicomweb_server_is_asked_are_known_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutis.web.gateway import dicomweb, steps
    from cutis.web.gateway.arrive import Came, arrive
    from cutis.web.gateway.gateway import Gateway
    from cutis.web.gateway.inlets.web import AskedServer
    from cutis.web.gateway.results import image_of
    from cutis.web.gateway.rules import Rules

    folder, _ = make_place(tmp_path)
    web = {"name": "web", "url": "http://127.0.0.1:9/dicom-web", "every": 1}
    rules = Rules.model_validate({"dicomweb": [web], "rules": [{"study": "Ward 4", "send_to": ["web"]}]})
    platform = open_platform(Settings(data_folder=folder))
    gateway, told = Gateway(platform, rules), list[str]()

    def there(*_: Any) -> Iterator[tuple[str, str, str]]:
        for seed in (320, 321):
            arrived = arrive(gateway, Came("camera", photo(seed), patient="OWN-2"))
            assert steps.advance(gateway, arrived.id) and steps.advance(gateway, arrived.id)
            with platform.database.reading() as session:
                sent, _content = image_of(gateway, session.get_one(Delivery, arrived.id))
            yield str(sent.StudyInstanceUID), str(sent.SeriesInstanceUID), str(sent.SOPInstanceUID)

    monkeypatch.setattr(dicomweb, "found", there)
    server = AskedServer(gateway, rules.dicomweb[0], told.append)
    assert server.look() == 0 and told == []
    platform.database.close()
