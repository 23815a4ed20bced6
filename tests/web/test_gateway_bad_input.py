# ruff: noqa: F401, F811 (fixtures of other parts, by their names)
"""What comes wrong to the gateway: refused or kept apart and told, never lost, never another patient's."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

pytest.importorskip("pydicom", reason="needs the 'dicom' extra")
pytest.importorskip("pynetdicom", reason="needs the 'dicom' extra")
pytest.importorskip("highdicom", reason="needs the 'dicom' extra")

from cutis.core.errors import CutisError
from cutis.interop.dicom.description import Description, Patient
from cutis.interop.dicom.send import Peer, echo, send
from cutis.interop.dicom.wrap import wrap_file
from cutis.web.app import open_platform
from cutis.web.database import (
    Analysis,
    AuditEntry,
    Delivery,
    Dispatch,
    Participant,
    PatientIdentity,
    Photo,
    ProtocolVersion,
    Study,
    StudyModel,
    User,
)
from cutis.web.database.delivery import (
    ARRIVED,
    DEAD,
    DONE,
    FORGOTTEN,
    MADE,
    REFUSED,
    UNASSIGNED,
    WAITING,
    WITHDRAWN,
)
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.gateway import refusals, sending, steps, withdrawal
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive
from cutis.web.gateway.document import read_rules
from cutis.web.gateway.gateway import Gateway, made
from cutis.web.gateway.inlets.folder import WatchedFolder
from cutis.web.gateway.inlets.receiver import listening
from cutis.web.gateway.inlets.record import poll_record
from cutis.web.gateway.peers import Folder
from cutis.web.gateway.rules import Keeping, Rules
from cutis.web.models import registry
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.settings import Settings
from cutis.web.studies import consent
from cutis.web.studies.protocol import protocol_of

from ..interop.fhir.conftest import Record, record
from .conftest import jpeg

SYSTEM = "urn:hospital:mrn"


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[str], str]
) -> Iterator[Gateway]:
    """A gateway whose study asks no model, so that results are made at once."""
    url = new_database(request.param)
    platform = open_platform(Settings(data_folder=tmp_path / "data", database_url=url))
    with platform.database.writing() as session:
        study = Study(name="Ward 4")
        session.add(study)
        session.flush()
        for task in registry.shipped_defaults(session):
            session.add(StudyModel(study_id=study.id, task=task, bundle_digest=None, since=now()))
    rules = Rules.model_validate(
        {
            "receiver": {"port": 0, "seconds": 2, "associations": 2},
            "rules": [{"study": "Ward 4"}],
        }
    )
    yield Gateway(platform, rules)
    platform.database.close()


def dicom(folder: Path, seed: int = 1, patient: str = "MRN-1", **more: Any) -> Path:
    """A dermoscopic photo as a DICOM file."""
    source = folder / f"{seed}.jpg"
    source.write_bytes(jpeg(seed))
    said = Description(patient=Patient(patient), **more)
    out = folder / f"{seed}-{patient}.dcm"
    wrap_file([source], "dermoscopic", said, out)
    return out


def rows(gateway: Gateway, kind: Any) -> list[Any]:
    with gateway.platform.database.reading() as session:
        return list(session.scalars(select(kind)))


def actions(gateway: Gateway) -> list[str]:
    return [one.action for one in rows(gateway, AuditEntry)]


def go(gateway: Gateway) -> None:
    for one in rows(gateway, Delivery):
        while steps.advance(gateway, one.id):
            pass


@pytest.fixture
def port(gateway: Gateway) -> Iterator[int]:
    assert gateway.rules.receiver
    with listening(gateway, gateway.rules.receiver, lambda _: None) as port:
        yield port


def test_what_is_sent_is_kept_before_it_is_confirmed_and_once(
    gateway: Gateway, port: int, tmp_path: Path
) -> None:
    path = dicom(tmp_path)
    for _ in range(2):
        assert [one.state for one in send([path], Peer("127.0.0.1", port), tries=1)] == ["sent"]
        (kept,) = rows(gateway, Delivery)
        assert (gateway.arrived / kept.place).is_file() and kept.state == ARRIVED
    assert (kept.patient, kept.modality, kept.source) == ("MRN-1", "dermoscopic", "CUTIS")
    go(gateway)
    (participant,), (photo,) = rows(gateway, Participant), rows(gateway, Photo)
    assert photo.participant_id == participant.id
    assert actions(gateway).count("delivery.arrived") == 1


def test_a_truncated_object_is_refused_and_leaves_nothing_but_a_line(
    gateway: Gateway, tmp_path: Path
) -> None:
    content = dicom(tmp_path).read_bytes()
    with pytest.raises(NotTakenHereError):
        arrive(gateway, Came("X", content[:200]))
    assert not rows(gateway, Delivery) and "delivery.refused" in actions(gateway)
    arrive(gateway, Came("X", content[: len(content) // 2]))  # its head is whole, its pixels are not
    go(gateway)
    (kept,) = rows(gateway, Delivery)
    assert (kept.state == REFUSED and "cut off" in kept.problem) or "damaged" in kept.problem
    assert not rows(gateway, Photo)


def test_a_uid_that_is_used_again_for_other_pixels_is_refused_and_told(
    gateway: Gateway, port: int, tmp_path: Path
) -> None:
    uid = "2.25.4711"
    first = dicom(tmp_path, 1, instance_uid=uid)
    assert send([first], Peer("127.0.0.1", port), tries=1)[0].state == "sent"
    for other in (dicom(tmp_path, 2, instance_uid=uid), dicom(tmp_path, 1, "MRN-2", instance_uid=uid)):
        (told,) = send([other], Peer("127.0.0.1", port), tries=1)
        assert told.state == "refused" and "C111" in told.told
    (kept,) = rows(gateway, Delivery)
    assert kept.patient == "MRN-1"
    assert (gateway.arrived / kept.place).read_bytes()[-1000:] == first.read_bytes()[-1000:]
    assert actions(gateway).count("delivery.refused") == 2


def test_nobodys_photo_waits_until_somebody_says_whose_it_is(gateway: Gateway, tmp_path: Path) -> None:
    arrived = arrive(gateway, Came("X", dicom(tmp_path, 3, "").read_bytes()))
    go(gateway)
    (kept,) = rows(gateway, Delivery)
    assert kept.state == UNASSIGNED and not rows(gateway, Participant) and not rows(gateway, Photo)
    assert "delivery.unassigned" in actions(gateway)
    steps.assign(gateway, arrived.id, "MRN-9", "")
    go(gateway)
    assert len(rows(gateway, Photo)) == 1 and rows(gateway, Delivery)[0].state in (MADE, "done")


def test_the_same_photo_of_two_patients_is_taken_of_neither_after_the_first(gateway: Gateway) -> None:
    arrive(gateway, Came("camera", jpeg(4), patient="MRN-1"))
    with pytest.raises(NotTakenHereError, match="another patient"):
        arrive(gateway, Came("camera", jpeg(4), patient="MRN-2"))
    assert [one.patient for one in rows(gateway, Delivery)] == ["MRN-1"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(min_size=1, max_size=4000),
        st.binary(max_size=200).map(lambda b: b"\x01\x00\x00\x00\xff\xff\xff\xff" + b),
        st.binary(max_size=200).map(lambda b: b"\x04\x00\x7f\xff\xff\xff" + b),
    )
)
def test_random_bytes_at_the_port_harm_nobody(gateway: Gateway, port: int, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as one:
        one.sendall(noise)
    assert not rows(gateway, Delivery)


def test_after_noise_and_silence_the_receiver_answers(gateway: Gateway, port: int, tmp_path: Path) -> None:
    silent = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(2)]
    for noise in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(5000), b"\x01\x00\xff\xff\xff\xff" * 50):
        with socket.create_connection(("127.0.0.1", port), 5) as one:
            one.sendall(noise)
    end = time.monotonic() + 30
    while not echo(Peer("127.0.0.1", port, seconds=5)):  # silent callers are waited for, and cut off
        assert time.monotonic() < end
        time.sleep(0.3)
    assert send([dicom(tmp_path)], Peer("127.0.0.1", port), tries=4)[0].state == "sent"
    for one in silent:
        one.close()


def test_a_file_that_is_still_written_is_left_alone(gateway: Gateway, tmp_path: Path) -> None:
    camera = tmp_path / "camera"
    (camera / "MRN-1").mkdir(parents=True)
    watched = WatchedFolder(gateway, Folder(name="camera", path=camera, settle=0.01), lambda _: None)
    content = jpeg(7)
    with (camera / "MRN-1" / "a.jpg").open("wb", buffering=0) as file:
        for piece in (content[:300], content[300:]):
            file.write(piece)
            for _ in range(3):
                assert watched.look() == 0
                time.sleep(0.02)
    time.sleep(0.02)
    assert sum(watched.look() for _ in range(3)) == 1
    (camera / "MRN-1" / "copy.jpg").write_bytes(content)
    for _ in range(4):
        assert watched.look() == 0
        time.sleep(0.02)
    assert len(rows(gateway, Delivery)) == 1


def test_a_folder_that_may_not_be_read_is_said_and_the_others_go_on(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    watched = WatchedFolder(gateway, Folder(name="camera", path=tmp_path / "away", settle=0.01), told.append)
    assert watched.look() == 0 and "cannot be looked into" in told[0]
    camera = tmp_path / "camera"
    (camera / "MRN-1").mkdir(parents=True)
    (camera / "MRN-1" / "a.jpg").write_bytes(jpeg(8))
    watched = WatchedFolder(gateway, Folder(name="camera", path=camera, settle=0.01), told.append)

    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", denied)
        for _ in range(3):
            assert watched.look() == 0
            time.sleep(0.02)
    assert "Permission denied" in told[-1] and "MRN" not in told[-1]
    assert watched.look() == 1  # as soon as it may be read


def to_record(gateway: Gateway, url: str, **more: Any) -> Gateway:
    """The gateway with a record that is sent to, and a delivery whose report waits."""
    told = {"name": "ehr", "url": url, "identifier_system": SYSTEM, "seconds": 4.0, **more}
    rules = Rules.model_validate(
        {
            "records": [told],
            "rules": [{"study": "Ward 4", "send_to": ["ehr"]}],
            "sending": {"tries": 3, "first_wait": 0.01, "longest_wait": 0.02},
        }
    )
    made = replace(gateway, rules=rules)
    arrive(made, Came("camera", jpeg(9, 256, 192), patient="MRN-1"))
    with made.platform.database.writing() as session:  # one model answers in the study
        session.execute(update(StudyModel).where(StudyModel.task == "image_quality").values(until=now()))
    (delivery,) = rows(made, Delivery)
    assert steps.advance(made, delivery.id)
    analyse(made)
    assert steps.advance(made, delivery.id)
    assert rows(made, Delivery)[0].state == MADE
    return made


def analyse(gateway: Gateway) -> None:
    from cutis.web.jobs.worker import Worker

    platform = gateway.platform
    worker = Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder)
    worker.do_all()
    assert {one.state for one in rows(gateway, Analysis)} == {"done"}


def attempt(gateway: Gateway) -> Dispatch:
    (row,) = rows(gateway, Dispatch)
    sending.dispatch(gateway, row.id)
    (row,) = rows(gateway, Dispatch)
    return row


def reports(record: Record) -> list[Any]:
    return [one for one in record.resources.values() if one["resourceType"] == "DiagnosticReport"]


def test_a_record_that_is_slow_wrong_or_away_is_tried_again_and_gets_one_report(
    gateway: Gateway,
    record: Record,
) -> None:
    record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "MRN-1"}]})
    made = to_record(gateway, record.base)

    def slow(handler: Any) -> None:
        time.sleep(6)

    def page(handler: Any) -> None:
        handler.reply(200, "log in")

    for tried, fault in enumerate((slow, 503), 1):
        record.faults = [fault]
        row = attempt(made)
        assert (row.state, row.tries) == (WAITING, tried) and row.due and row.problem
    assert not reports(record)
    record.faults = [page]
    row = attempt(made)  # the last try that is allowed
    assert row.state == DEAD
    folder = made.dead(row.id)
    assert "cutis gateway again" in (folder / "why.txt").read_text()
    assert steps.close(made, row.delivery_id) is False and rows(made, Delivery)[0].state == DEAD
    sending.again(made, row.id)
    assert not folder.exists()
    for _ in range(2):
        assert attempt(made).state == "sent"
    assert len(reports(record)) == 1
    steps.close(made, row.delivery_id)
    assert rows(made, Delivery)[0].state == "done"
    assert actions(made).count("dispatch.sent") == 1


@pytest.mark.parametrize("known", ["nobody", "two", "another"])
def test_a_report_never_goes_to_a_patient_that_is_not_surely_the_one(
    gateway: Gateway,
    record: Record,
    known: str,
) -> None:
    numbers = {"nobody": [], "two": ["MRN-1", "MRN-1"], "another": ["MRN-10"]}[known]
    for number in numbers:
        record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": number}]})
    made = to_record(gateway, record.base)
    row = attempt(made)
    assert row.state == DEAD and "MRN" not in row.problem
    assert not reports(record) and ("POST", "/fhir") not in record.asked


def test_an_expired_token_is_renewed_and_nothing_is_lost(
    gateway: Gateway,
    record: Record,
    tmp_path: Path,
) -> None:
    from joserfc.jwk import ECKey

    key = ECKey.generate_key("P-384", {"kid": "k1"})
    record.jwks = {"keys": [key.as_dict(private=False)]}
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key.as_dict(private=True)))
    record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "MRN-1"}]})
    told = {"client_id": "cutis-gateway", "token_url": record.token_url, "key_file": file}
    made = to_record(gateway, record.base, **told)
    record.jwks = {"keys": []}  # the record trusts us no more
    row = attempt(made)
    assert row.state == WAITING and "permission" in row.problem
    record.jwks = {"keys": [key.as_dict(private=False)]}
    assert attempt(made).state == "sent" and len(reports(record)) == 1


def test_a_photo_of_a_record_comes_once_and_a_record_that_is_away_is_asked_again_from_there(
    gateway: Gateway,
    record: Record,
) -> None:
    import base64

    made = replace(
        gateway,
        rules=Rules.model_validate(
            {
                "records": [{"name": "ehr", "url": record.base, "every": 1, "identifier_system": SYSTEM}],
                "rules": [{"study": "Ward 4", "source": ["ehr"]}],
            }
        ),
    )
    ehr, told = made.rules.records[0], list[str]()
    record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "MRN-1"}]})
    patient = next(one["id"] for key, one in record.resources.items() if one.get("identifier"))
    content = base64.b64encode(jpeg(11)).decode()
    photo = {"contentType": "image/jpeg", "data": content}
    record.put({"resourceType": "Media", "subject": {"reference": f"Patient/{patient}"}, "content": photo})
    record.faults = [503]
    assert poll_record(made, ehr, told.append) == 0 and told
    assert poll_record(made, ehr, told.append) == 1
    assert poll_record(made, ehr, told.append) == 0
    (kept,) = rows(made, Delivery)
    assert (kept.patient, kept.subject) == ("MRN-1", f"Patient/{patient}")
    go(made)
    assert len(rows(made, Photo)) == 1


def test_a_document_that_does_not_hold_names_every_place(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(
        '[receiver]\nport = 99999\n[[rules]]\nstudy = "x"\nmodality = ["xray"]\nwhither = 1\n'
        '[[folders]]\nname = "c"\npath = "/c"\npatient = "no group"\n'
    )
    with pytest.raises(CutisError) as caught:
        read_rules(tmp_path)
    for place in ("receiver.port", "rules[0].modality[0]", "rules[0].whither", "folders[0].patient"):
        assert f"gateway.toml: {place}: " in str(caught.value)
    (tmp_path / "gateway.toml").write_text('[[rules]]\nstudy = "x"\nsend_to = ["nowhere"]\n')
    with pytest.raises(CutisError, match=r"rules\[0\].send_to: 'nowhere'"):
        read_rules(tmp_path)


@pytest.mark.parametrize("ending", ["delete", "lock"])
def test_who_withdraws_leaves_nothing_in_the_gateway(gateway: Gateway, ending: str, tmp_path: Path) -> None:
    platform = gateway.platform
    arrive(gateway, Came("camera", jpeg(12), patient="MRN-1"))
    go(gateway)
    (delivery,), (participant,) = rows(gateway, Delivery), rows(gateway, Participant)
    with platform.database.writing() as session:  # results that a receiver did not take
        letter = Dispatch(delivery_id=delivery.id, target="archive", state=DEAD)
        session.add(letter)
        session.get_one(Delivery, delivery.id).state = DEAD
    (made(gateway.dead(letter.id)) / "photo.dcm").write_bytes(b"MRN-1")
    withdrawn(gateway, participant, ending)
    withdrawal.forget(gateway)
    (left,) = rows(gateway, Delivery)
    assert left.state == WITHDRAWN and not gateway.dead(letter.id).exists()
    nothing_of_mrn_1(gateway)

    # The same photo again, new ones by folder and by DICOM: nothing is kept, nobody is enrolled anew.
    with pytest.raises(NotTakenHereError, match="withdrew"):
        arrive(gateway, Came("camera", jpeg(12), patient="MRN-1"))
    arrive(gateway, Came("camera", jpeg(13), patient="MRN-1"))
    sent = Came("X", dicom(tmp_path, 14).read_bytes())
    arrive(gateway, sent)
    go(gateway)
    assert [one.state for one in rows(gateway, Delivery)] == [WITHDRAWN] * 3
    with pytest.raises(NotTakenHereError, match="withdrew"):
        arrive(gateway, sent)
    nothing_of_mrn_1(gateway)
    assert len(rows(gateway, Participant)) == 1
    assert len(rows(gateway, Photo)) == (ending == "lock")
    assert {one.study for one in rows(gateway, AuditEntry) if one.action == "delivery.withdrawn"} == {
        participant.study_id
    }
    with pytest.raises(RefusedError, match="no such dead letter"):
        sending.again(gateway, letter.id)


def withdrawn(gateway: Gateway, participant: Participant, ending: str) -> None:
    platform = gateway.platform
    with platform.database.writing() as session:
        document = protocol_of(session, participant.study_id).model_dump(mode="json")
        who = User(login="nora", name="Nora Quill", password="none")
        session.add(who)
        session.flush()
        session.add(
            ProtocolVersion(
                study_id=participant.study_id,
                number=99,
                document=document | {"on_withdrawal": ending},
                made_by=who.id,
            )
        )
    access = Access(user=who.id, study=participant.study_id, role=Role.INVESTIGATOR)
    assert consent.withdraw(platform, access, participant.id).action == ending


def nothing_of_mrn_1(gateway: Gateway) -> None:
    """No file, and no number of the patient in any row."""
    assert not [one for one in gateway.arrived.iterdir() if one.is_file()]
    withdrawal.forget(gateway)
    for one in (*rows(gateway, Delivery), *rows(gateway, PatientIdentity)):
        assert (one.issuer, one.patient, one.subject) == ("", "", "")


def test_a_photo_that_nobody_named_goes_on_when_it_comes_again_with_a_name(gateway: Gateway) -> None:
    arrive(gateway, Came("camera", jpeg(15)))
    assert arrive(gateway, Came("camera", jpeg(15), patient="MRN-1")).new is False
    (kept,) = rows(gateway, Delivery)
    assert (kept.state, kept.patient) == (ARRIVED, "MRN-1")
    with pytest.raises(NotTakenHereError, match="another patient"):
        arrive(gateway, Came("camera", jpeg(15), patient="MRN-2"))
    go(gateway)
    assert len(rows(gateway, Photo)) == 1 and "delivery.assigned" in actions(gateway)


def test_a_number_that_is_too_long_is_nobodys_rather_than_cut_off(gateway: Gateway, tmp_path: Path) -> None:
    folder = tmp_path / "camera" / ("7" * 65)
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(jpeg(16))
    watched = WatchedFolder(gateway, Folder(name="c", path=tmp_path / "camera", settle=0.01), lambda _: None)
    watched.look()
    time.sleep(0.02)
    assert watched.look() == 1
    (kept,) = rows(gateway, Delivery)
    assert (kept.state, kept.patient) == (UNASSIGNED, "")


def test_one_photo_that_is_gone_does_not_keep_those_behind_it(gateway: Gateway, record: Record) -> None:
    import base64

    asked = {"name": "ehr", "url": record.base, "every": 1, "identifier_system": SYSTEM}
    made = replace(gateway, rules=Rules.model_validate({"records": [asked]}))
    ehr, told = made.rules.records[0], list[str]()
    whole = {"contentType": "image/jpeg", "data": base64.b64encode(jpeg(17)).decode()}
    gone = {"contentType": "image/jpeg", "url": "Binary/none"}
    record.put({"resourceType": "Media", "subject": {"reference": "Patient/12"}, "content": gone})
    record.put({"resourceType": "Media", "subject": {"reference": "Patient/gone"}, "content": whole})
    record.put({"resourceType": "Media", "subject": {"reference": "Patient/12"}, "content": whole})
    assert poll_record(made, ehr, told.append) == 1
    assert len(told) == 2 and all("passed over" in one for one in told)
    assert [one.subject for one in rows(made, Delivery)] == ["Patient/12"]


def test_what_is_odd_at_a_record_is_told_and_what_lies_behind_it_is_taken(
    gateway: Gateway, record: Record
) -> None:
    import base64

    asked = {"name": "ehr", "url": record.base, "every": 1, "identifier_system": SYSTEM}
    asked["kinds"] = ["Media", "DocumentReference"]
    held = replace(gateway, rules=Rules.model_validate({"records": [asked]}))
    ehr, told = held.rules.records[0], list[str]()

    def put(seed: int, kind: str = "Media", subject: Any = "12", **more: Any) -> None:
        content = {"contentType": "image/jpeg", "data": base64.b64encode(jpeg(seed)).decode()}
        whole: Any = content if kind == "Media" else [{"attachment": content}]
        told = {"subject": {"reference": f"Patient/{subject}"}, "content": whole, **more}
        record.put({"resourceType": kind, **told})

    record.put({"resourceType": "Patient", "id": "odd", "identifier": ["MRN-1"]})
    record.put({"resourceType": "Patient", "id": "nul", "identifier": [{"system": SYSTEM, "value": "M\0N"}]})
    put(501, subject="odd")
    put(502, content={"url": "Binary/\x01"})
    put(503, content={"url": "http://[here"})
    put(504, subject={"reference": "Patient/12"})
    refused = len(record.resources) - 3
    put(510, bodySite=[{"text": "left cheek"}, {"text": "chin"}])
    put(511, bodySite="arm", createdDateTime="2026-05-31T09:30:00.1234567+02:00")
    put(512, bodySite={"text": ["arm"]}, createdDateTime=["2026"], identifier="x", meta=[])
    put(513, bodySite={"text": "a\0rm"}, createdDateTime="9999-12-31", subject="nul")
    put(514, "DocumentReference", bodySite=[{"concept": {"text": "right hand"}}])
    put(515, "DocumentReference", bodySite=[["hand"]], subject="12")
    assert poll_record(held, ehr, told.append) == 6, told
    assert len(told) == refused and all(one.startswith("ehr: ") for one in told)
    assert sum("an object could not be taken" in one for one in told) == 2 and "MRN" not in str(told)
    kept = sorted(rows(held, Delivery), key=lambda one: (one.created, one.id))
    assert [one.body_site for one in kept] == ["left cheek", "", "", "", "right hand", ""]
    assert [one.taken for one in kept] == ["", "2026-05-31T09:30:00+02:00", "", "", "", ""]
    assert [one.subject for one in kept] == ["Patient/12"] * 3 + ["Patient/nul"] + ["Patient/12"] * 2
    assert poll_record(held, ehr, told.append) == 0 and len(told) == refused


def test_the_moment_that_a_record_tells_to_seven_decimals_is_kept_to_the_second(gateway: Gateway) -> None:
    with gateway.platform.database.writing() as session:
        session.execute(update(Study).values(keeps_capture_time=True))
    long = "2026-05-31T09:30:00.1234567+02:00"
    arrive(gateway, Came("ehr", jpeg(520), patient="MRN-1", taken=long))  # as it was once kept, and waits
    arrive(gateway, Came("ehr", jpeg(521), patient="MRN-1", taken="2026-05"))
    go(gateway)
    assert {one.taken for one in rows(gateway, Photo)} == {"2026-05-31T09:30:00+02:00", None}


def test_a_folder_whose_name_is_no_utf8_is_nobodys_and_those_behind_it_are_taken(
    gateway: Gateway, tmp_path: Path
) -> None:
    camera, told = tmp_path / "camera", list[str]()
    for seed, name in enumerate((b"A\xe9", b"MRN-1", b"Z\xff"), 530):
        folder = camera / os.fsdecode(name)
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(jpeg(seed))
    watched = WatchedFolder(gateway, Folder(name="camera", path=camera, settle=0.01), told.append)
    watched.look()
    time.sleep(0.02)
    assert watched.look() == 3 and not told
    assert sorted((one.state, one.patient) for one in rows(gateway, Delivery)) == [
        (ARRIVED, "MRN-1"),
        (UNASSIGNED, ""),
        (UNASSIGNED, ""),
    ]
    away = Folder(name="camera", path=tmp_path / os.fsdecode(b"caf\xe9"))
    assert WatchedFolder(gateway, away, told.append).look() == 0
    assert "cannot be looked into" in told[0].encode().decode()  # it can be written down, and shown


def test_a_file_that_cannot_be_described_is_told_once_and_those_behind_it_are_taken(
    gateway: Gateway, tmp_path: Path
) -> None:
    import pydicom

    camera, told = tmp_path / "camera", list[str]()
    (camera / "MRN-1").mkdir(parents=True)
    data = pydicom.dcmread(dicom(tmp_path, 540))
    data.add_new("AnatomicRegionSequence", "LO", "arm")  # text where the standard has a sequence
    data.save_as(camera / "MRN-1" / "a.dcm")
    (camera / "MRN-1" / "b.jpg").write_bytes(jpeg(541))
    watched = WatchedFolder(gateway, Folder(name="camera", path=camera, settle=0.01), told.append)
    watched.look()
    time.sleep(0.02)
    assert watched.look() == 1
    assert watched.look() == 0
    assert len(told) == 1 and "an object could not be taken" in told[0] and "MRN" not in told[0]


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_what_was_written_to_a_record_is_not_taken_from_it_as_new_photos(
    gateway: Gateway, record: Record, release: str
) -> None:
    kinds = ["Media", "DocumentReference"]
    record.put({"resourceType": "Patient", "identifier": [{"system": SYSTEM, "value": "MRN-1"}]})
    held = to_record(gateway, record.base, every=1, embed=True, release=release, kinds=kinds)
    assert attempt(held).state == "sent"
    assert [one for one in record.resources.values() if one["resourceType"] in kinds]
    told: list[str] = []
    assert poll_record(held, held.rules.records[0], told.append) == 0 and not told
    assert len(rows(held, Delivery)) == 1


def _kept(gateway: Gateway, state: str) -> dict[str, bool]:
    """Numbers of the patients of deliveries in a state, and whether the file is there."""
    found = [one for one in rows(gateway, Delivery) if one.state == state]
    return {one.patient: (gateway.arrived / one.place).is_file() for one in found}


def test_what_is_refused_is_forgotten_after_a_time_and_beyond_a_number_and_nothing_else_is(
    gateway: Gateway, tmp_path: Path
) -> None:
    held = replace(gateway, rules=gateway.rules.model_copy(update={"keeping": Keeping(refused_most=3)}))
    for n in range(6):
        arrive(held, Came("X", jpeg(700 + n)[:-40], patient=f"BAD-{n}"))
        go(held)
    arrive(held, Came("X", dicom(tmp_path, 71).read_bytes()))
    arrive(held, Came("X", jpeg(720)))
    go(held)
    arrive(held, Came("X", jpeg(721), patient="MRN-NEW"))
    assert refusals.forget(held) == 3
    assert _kept(held, REFUSED) == {"BAD-3": True, "BAD-4": True, "BAD-5": True}
    assert _kept(held, FORGOTTEN) == {"": False}
    with held.platform.database.writing() as session:
        long_ago = now() - timedelta(days=31)
        session.execute(update(Delivery).values(finished=long_ago, created=long_ago))
        session.execute(update(Delivery).where(Delivery.patient == "BAD-5").values(finished=now()))
    assert refusals.forget(held) == 2 and refusals.forget(held) == 0
    assert _kept(held, REFUSED) == {"BAD-5": True}
    assert all(
        (held.arrived / one.place).is_file()
        for one in rows(held, Delivery)
        if one.state not in (REFUSED, FORGOTTEN)
    )
    assert _kept(held, UNASSIGNED) == {"": True} and _kept(held, ARRIVED) == {"MRN-NEW": True}
    assert actions(held).count("delivery.forgotten") == 5
    assert "BAD-1" not in str([vars(one) for one in rows(held, Delivery)])


def test_what_was_forgotten_and_is_sent_once_more_is_a_new_object(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = replace(gateway, rules=gateway.rules.model_copy(update={"keeping": Keeping(refused_most=0)}))
    path = dicom(tmp_path, 72)

    def refused(*given: Any, **more: Any) -> Any:
        raise RefusedError(422, "It cannot be read.")

    with monkeypatch.context() as patch:
        patch.setattr(steps, "take_in", refused)
        first = arrive(held, Came("X", path.read_bytes()))
        go(held)
    assert _kept(held, REFUSED) == {"MRN-1": True}
    assert refusals.forget(held) == 1 and not list(held.arrived.iterdir())
    again = arrive(held, Came("X", path.read_bytes()))
    assert again.new and again.id != first.id
    assert _kept(held, ARRIVED) == {"MRN-1": True}
    go(held)
    (row,) = rows(held, Delivery)
    assert row.state == DONE and rows(held, Photo)


def test_a_full_disk_refuses_nothing(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive(gateway, Came("X", jpeg(73), patient="MRN-1"))

    def full(*given: Any, **more: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("cutis.web.photos.intake.examine", full)
        with pytest.raises(OSError, match="No space"):
            go(gateway)
    assert _kept(gateway, ARRIVED) == {"MRN-1": True}
    go(gateway)
    assert [one.state for one in rows(gateway, Delivery)] == [DONE]
