# ruff: noqa: F401, F811 (fixtures of other parts, by their names)
"""The gateway to the browser, to programs, and to records that open cutis or ask it for cards."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import event, select

pytest.importorskip("pydicom", reason="needs the 'dicom' extra")

from cutis.interop.fhir.client import FhirClient, Written
from cutis.interop.fhir.errors import RecordAwayError
from cutis.interop.fhir.results import Finding
from cutis.web.app import create_app, open_platform
from cutis.web.database import (
    AuditEntry,
    Delivery,
    Dispatch,
    Member,
    Participant,
    PatientIdentity,
    Photo,
    Study,
)
from cutis.web.database.delivery import DEAD, MADE
from cutis.web.gateway import catalogue, steps
from cutis.web.gateway.arrive import Came, arrive
from cutis.web.gateway.gateway import Gateway, made
from cutis.web.gateway.rules import Rules
from cutis.web.people.roles import Role
from cutis.web.platform import Platform
from cutis.web.settings import Settings

from ..interop.fhir.test_smart import Authority, authority
from ..interop.hooks.conftest import asked, drug, rash
from ..interop.hooks.test_router import KEY, _public, _signed
from .conftest import Browser, World, jpeg, stranger, world


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """SQLite is enough here: what differs between databases is tested with the rules of access."""
    opened = open_platform(Settings(data_folder=tmp_path_factory.mktemp("data"), sign_ins_per_minute=1000))
    yield opened
    opened.database.close()


@pytest.fixture
def document(platform: Platform) -> Iterator[Path]:
    place = platform.settings.data_folder / "gateway.json"
    yield place
    place.unlink(missing_ok=True)


def rows(platform: Platform, kind: Any) -> list[Any]:
    with platform.database.reading() as session:
        return list(session.scalars(select(kind)))


def multipart(*parts: bytes) -> tuple[bytes, dict[str, str]]:
    body = b"".join(b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + one + b"\r\n" for one in parts)
    kind = 'multipart/related; type="application/dicom"; boundary=cut'
    return body + b"--cut--\r\n", {"content-type": kind}


def test_the_page_tells_what_waits_and_never_who_it_is(world: World, platform: Platform) -> None:
    held = Gateway(platform, Rules())
    apart = arrive(held, Came("room 2", jpeg(31)))
    arrive(held, Came("room 2", jpeg(32), patient="MRN-4711"))
    shown = world.administrator.get("/gateway").text
    assert "It is not running" in shown and "Nobody says who the patient is" in shown and "MRN" not in shown
    told = world.administrator.api("GET", "/api/gateway").json()
    assert told["apart"][0]["id"] == apart.id
    assert {one["state"] for one in told["latest"]} == {"arrived", "unassigned"}
    assert shown.index("room 2") and "Arrived" in shown and "Waits for somebody" in shown
    path = f"/gateway/deliveries/{apart.id}/patient"
    assert world.a.people[Role.INVESTIGATOR].post(path, {"patient": "MRN-1"}).status_code == 403
    assert world.administrator.post(path, {"patient": "MRN-1"}).status_code == 303
    assert world.administrator.post(path, {"patient": "MRN-2"}).status_code == 404
    (row,) = [one for one in rows(platform, Delivery) if one.id == apart.id]
    assert (row.state, row.patient) == ("arrived", "MRN-1")


def test_nobody_is_asked_whose_a_photo_is_where_that_is_known(world: World, platform: Platform) -> None:
    held = Gateway(platform, Rules())
    known = arrive(held, Came("room 9", jpeg(35), patient="MRN-35"))
    assert not steps.advance(held, known.id), "no rule fits it"
    (told,) = [
        one for one in world.administrator.api("GET", "/api/gateway").json()["apart"] if one["id"] == known.id
    ]
    assert told["asks_patient"] is False
    path = f"/gateway/deliveries/{known.id}/patient"
    assert path not in world.administrator.get("/gateway").text
    assert world.administrator.post(path, {"patient": "MRN-36"}).status_code == 404
    (row,) = [one for one in rows(platform, Delivery) if one.id == known.id]
    assert (row.state, row.patient) == ("unassigned", "MRN-35")


def test_a_dead_letter_is_sent_again_by_an_administrator(world: World, platform: Platform) -> None:
    held = Gateway(platform, Rules())
    arrived = arrive(held, Came("room 2", jpeg(33), patient="MRN-1", study=world.a.id))
    assert steps.advance(held, arrived.id)
    with platform.database.writing() as session:
        letter = Dispatch(delivery_id=arrived.id, target="archive", state=DEAD, problem="refused: C000")
        session.add(letter)
        session.get_one(Delivery, arrived.id).state = DEAD
    (made(held.dead(letter.id)) / "why.txt").write_text("why")
    assert "refused: C000" in world.administrator.get("/gateway").text
    path = f"/gateway/letters/{letter.id}/again"
    assert world.administrator.post(path).status_code == 303
    assert world.administrator.api("POST", f"/api{path}").status_code == 404
    (row,) = [one for one in rows(platform, Dispatch) if one.id == letter.id]
    assert (row.state, row.tries) == ("waiting", 0) and not held.dead(letter.id).exists()
    assert [one.state for one in rows(platform, Delivery) if one.id == arrived.id] == [MADE]


def test_an_object_that_is_stored_comes_out_by_pseudonym(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    import io

    import pydicom

    from cutis.interop.dicom.description import Description, Patient
    from cutis.interop.dicom.modules import as_bytes
    from cutis.interop.dicom.wrap import wrap

    (tmp_path / "a.jpg").write_bytes(jpeg(41))
    content = as_bytes(
        wrap([tmp_path / "a.jpg"], "clinical", Description(patient=Patient("MRN-77", "Quill^Nora"))).data
    )
    someone, root = world.a.people[Role.CLINICIAN], f"/api/studies/{world.a.id}/dicomweb/studies"
    body, headers = multipart(content, b"no object at all")
    told = someone.api("POST", root, content=body, headers=headers)
    assert told.status_code == 202, told.text
    assert len(told.json()["00081199"]["Value"]) == len(told.json()["00081198"]["Value"]) == 1
    assert someone.api("POST", root, content=body, headers=headers).status_code == 202
    assert someone.api("POST", root, json={}).status_code == 415
    (kept,) = [one for one in rows(platform, Delivery) if one.patient == "MRN-77"]
    assert steps.advance(Gateway(platform, Rules()), kept.id)
    (identity,) = [one for one in rows(platform, PatientIdentity) if one.patient == "MRN-77"]
    (who,) = [one for one in rows(platform, Participant) if one.id == identity.participant_id]
    (study,) = someone.api("GET", root, params={"PatientID": who.pseudonym}).json()
    uid = study["0020000D"]["Value"][0]
    (series,) = someone.api("GET", f"{root}/{uid}/series").json()
    path = f"{root}/{uid}/series/{series['0020000E']['Value'][0]}/instances"
    (instance,) = someone.api("GET", path).json()
    answer = someone.api("GET", f"{path}/{instance['00080018']['Value'][0]}")
    assert answer.status_code == 200 and b"MRN-77" not in answer.content and b"Quill" not in answer.content
    file = answer.content.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    data = pydicom.dcmread(io.BytesIO(file))
    assert data.PatientID == who.pseudonym
    assert data.SOPInstanceUID == instance["00080018"]["Value"][0]
    expired = someone.client.get(root, headers={"authorization": "Bearer cutis_expired"})
    assert expired.status_code == 401


@pytest.fixture
def read(platform: Platform) -> Iterator[list[str]]:
    """Which photos the server has read whole from the database."""
    seen: list[str] = []

    def note(row: Photo, _context: Any) -> None:
        seen.append(row.id)

    event.listen(Photo, "load", note)
    yield seen
    event.remove(Photo, "load", note)


def test_what_dicomweb_is_asked_for_is_read_and_nothing_else(
    world: World, platform: Platform, read: list[str]
) -> None:
    study, when = "dicomweb-study", datetime(2026, 3, 1, tzinfo=UTC)
    clinician = world.a.people[Role.CLINICIAN]
    with platform.database.writing() as session:
        session.add(Study(id=study, name="DICOMweb"))
        session.flush()
        session.add(Member(study_id=study, user_id=clinician.user, role=Role.CLINICIAN))
        for person in range(4):
            state = "withdrawn" if person == 3 else "enrolled"
            who = Participant(id=f"person-{person}", study_id=study, pseudonym=f"P-{person}", state=state)
            session.add(who)
            session.flush()
            session.add_all(
                Photo(id=f"photo-{person}-{n}", study_id=study, participant_id=who.id, key=f"{n}",
                      arrived_digest=f"{person}{n}", digest=f"{person}{n}", kind="jpg", size=1, width=4,
                      height=3, created=when + timedelta(days=person, minutes=n))
                for n in range(70)
            )  # fmt: skip
    root = f"/api/studies/{study}/dicomweb/studies"

    def asked(path: str = "", **more: Any) -> Any:
        read.clear()
        answer = clinician.api("GET", f"{root}{path}", params=more)
        return answer.json() if answer.status_code == 200 else answer.status_code

    def value(item: dict[str, Any], tag: str) -> Any:
        return item[tag]["Value"][0]

    told = asked()
    assert [(value(one, "00100020"), value(one, "00201208")) for one in told] == [
        ("P-2", 70),
        ("P-1", 70),
        ("P-0", 70),
    ]
    assert [value(one, "00100020") for one in asked(limit=1, offset=1)] == ["P-1"]
    uid = value(told[1], "0020000D")
    assert [value(one, "00100020") for one in asked(StudyInstanceUID=uid)] == ["P-1"]
    assert asked(StudyInstanceUID="1.2.3") == [] and asked(PatientID="P-3") == []
    (series,) = asked(f"/{uid}/series")
    assert value(series, "00201209") == 70 and not read
    path = f"/{uid}/series/{value(series, '0020000E')}/instances"
    instances = asked(path)
    assert len(instances) == len({value(one, "00080018") for one in instances}) == len(read) == 70
    assert [value(one, "00080018") for one in asked(path, limit=2, offset=1)] == [
        value(one, "00080018") for one in instances[1:3]
    ]
    assert len(read) == 2
    assert asked(f"{path}/1.2.3") == asked(f"/{uid}/series/1.2.3/instances") == 404 and not read
    gone = catalogue.study_uid("person-3")
    assert asked(f"/{gone}/series") == asked("/1.2.3/series") == 404


def test_records_ask_for_cards_with_a_signature_or_get_none(
    world: World, platform: Platform, document: Path, tmp_path: Path, asked: Any, rash: Any, drug: Any
) -> None:
    client = world.stranger.client
    assert client.get("/api/cds-services").status_code == 404
    (tmp_path / "keys.json").write_text(json.dumps(_public(KEY)))
    caller = {
        "issuer": "https://ehr.example",
        "keys_file": str(tmp_path / "keys.json"),
        "tenants": ["clinic-1"],
    }
    document.write_text(json.dumps({"hooks": {"callers": [caller], "prevalence": 0.02}}))
    offered = client.get("/api/cds-services").json()["services"]
    path = f"/api/cds-services/{offered[0]['id']}"
    call = asked([rash()], [drug()])
    assert client.post(path, json=call).status_code == 401
    signed = _signed(aud=f"http://cutis.test{path}")
    told = client.post(path, json=call, headers=signed)
    assert told.status_code == 200, told.text
    assert "cards" in told.json()
    assert client.post(path, json=call, headers=signed).status_code == 401  # once is enough
    assert client.post(path, json=call, headers=_signed(aud="https://other.example")).status_code == 401
    assert "hook.answered" in [one.action for one in rows(platform, AuditEntry)]


def test_cards_are_of_the_day_where_the_server_is(
    world: World,
    document: Path,
    tmp_path: Path,
    asked: Any,
    rash: Any,
    drug: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(_public(KEY)))
    caller = {"issuer": "https://ehr.example", "keys_file": str(tmp_path / "keys.json")}
    document.write_text(json.dumps({"hooks": {"callers": [{**caller, "tenants": ["clinic-1"]}]}}))
    client, path = world.stranger.client, "/api/cds-services/cutis-rash-patient-view"
    began = datetime.now(timezone(timedelta(hours=14))).date() - timedelta(days=91)  # too long ago there
    call = asked([rash(began.isoformat())], [drug(began=(began - timedelta(days=14)).isoformat())])
    cards = []
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):  # 26 hours apart: it is never the same day in both
        with monkeypatch.context() as patch:
            patch.setenv("TZ", zone)
            time.tzset()
            told = client.post(path, json=call, headers=_signed(aud=f"http://cutis.test{path}"))
        time.tzset()
        assert told.status_code == 200, told.text
        cards.append(len(told.json()["cards"]))
    assert cards == [1, 0]


def test_a_record_opens_cutis_with_its_patient_and_for_members_only(
    world: World, platform: Platform, document: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = "urn:hospital:mrn"
    ehr = {"name": "ehr", "url": authority.base, "identifier_system": system, "launch_client_id": "cutis",
           "launch_study": world.a.id}  # fmt: skip
    document.write_text(json.dumps({"records": [ehr]}))
    patient = {"resourceType": "Patient", "id": "12", "identifier": [{"system": system, "value": "MRN-5"}]}
    monkeypatch.setattr(FhirClient, "get", lambda self, address: patient)
    client, someone = world.stranger.client, world.a.people[Role.CLINICIAN]
    asked_for = {"iss": authority.base, "launch": "launch-1"}
    assert client.get("/smart/launch", params={**asked_for, "iss": "https://evil.example"}).status_code == 403
    begun = client.get("/smart/launch", params=asked_for)
    assert begun.status_code == 303, begun.text
    cookie = begun.cookies["cutis_launch"]
    back = urlsplit(httpx.get(begun.headers["location"]).headers["location"])
    assert back.path == "/smart/callback"
    client.cookies.clear()
    address = f"{back.path}?{back.query}"
    assert client.get(address).status_code == 404  # in another browser
    opened = client.get(address, headers={"cookie": f"cutis_launch={cookie}"})
    assert opened.status_code == 200, opened.text
    again = client.get(address, headers={"cookie": f"cutis_launch={cookie}"})
    assert again.status_code == 404  # a launch is good for once
    cookie = opened.cookies["cutis_launch"]

    def get(who: Browser, path: str = "/smart/patient", **form: str) -> Any:
        headers = who._headers()
        headers["cookie"] += f"; cutis_launch={cookie}"
        if not form:
            return client.get(path, headers=headers)
        return client.post(path, headers=headers, data={"form_token": who.form_token, **form})

    assert get(world.b.people[Role.CLINICIAN]).status_code == 403
    page = get(someone).text
    assert "Not in the study yet" in page
    key = re.search(r'name="patient" value="(\w{64})"', page)
    assert key
    assert get(someone, patient="0" * 64).status_code == 409  # of a page that was open for another patient
    assert not [one for one in rows(platform, PatientIdentity) if one.patient == "MRN-5"]
    assert get(someone, patient=key[1]).status_code == 303
    shown = get(someone).text
    (identity,) = [one for one in rows(platform, PatientIdentity) if one.patient == "MRN-5"]
    assert f"/analyse?participant={identity.participant_id}" in shown and "MRN-5" not in shown

    # The report of a photo goes into the record that is open: of its patient only, by members only, and once
    # there is something to report.
    photo, other = (_sent(someone, world, whom) for whom in (identity.participant_id, None))
    assert get(someone, "/smart/report", photo=photo).status_code == 409
    _answered(platform)
    assert "Write the report back" in get(someone).text
    written: list[Finding] = []
    monkeypatch.setattr(FhirClient, "write", lambda self, told: written.append(told) or Written("D/7", 3))
    assert get(someone, "/smart/report", photo=other).status_code == 409
    assert get(someone, "/smart/report", photo=world.b.names["photo"]).status_code == 404
    assert get(world.b.people[Role.CLINICIAN], "/smart/report", photo=photo).status_code == 403
    assert not written
    answer = get(someone, "/smart/report", photo=photo)
    assert answer.status_code == 200 and "D/7" in answer.text, answer.text
    (told,) = written
    assert told.subject == "Patient/12" and told.base == authority.base and told.predictions
    assert told.encounter == "Encounter/3"
    (line,) = [one for one in rows(platform, AuditEntry) if one.action == "launch.report_written"]
    assert (line.who, line.study, line.subject) == (someone.user, world.a.id, photo)

    def away(self: FhirClient, told: Finding) -> Written:
        raise RecordAwayError("the record does not answer.")

    monkeypatch.setattr(FhirClient, "write", away)
    assert get(someone, "/smart/report", photo=photo).status_code == 502


def _sent(someone: Browser, world: World, participant: str | None) -> str:
    """Identity of a photo that was just sent, of a participant or of the study's first one."""
    whom = participant or world.a.names["participant"]
    form = {"participant": whom, "key": f"for-{whom}"}
    file = {"photo": ("x.jpg", jpeg(51 + bool(participant), 256, 192))}
    sent = someone.api("POST", f"/api/studies/{world.a.id}/photos", data=form, files=file)
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])


def _answered(platform: Platform) -> None:
    from cutis.web.jobs.worker import Worker

    Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder).do_all()
