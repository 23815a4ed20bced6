"""A record that answers slowly, wrongly or never."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from cutis.interop.fhir.backend import BackendServices
from cutis.interop.fhir.client import Bookmark, FhirClient
from cutis.interop.fhir.errors import (
    FhirError,
    NotAuthorisedError,
    RecordAwayError,
    RecordError,
    WrongPatientError,
)
from cutis.interop.fhir.exchange import Patience
from cutis.interop.fhir.read import predictions_in
from cutis.interop.fhir.results import Finding

QUICK = Patience(tries=3, connect=5.0, answer=10.0, first_wait=0.01, longest_wait=5.0, most_bytes=200_000)
PHOTO = b"\xff\xd8\xff\xe0 not quite a photo"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(record: Any, waits: list[float]) -> FhirClient:
    return FhirClient(record.base, patience=QUICK, sleep=waits.append)


@pytest.fixture
def own(finding: Finding, record: Any) -> Finding:
    return replace(finding, base=record.base)


def _media(subject: str = "Patient/12", **attachment: Any) -> dict[str, Any]:
    data = {"contentType": "image/jpeg", "data": base64.b64encode(PHOTO).decode()} | attachment
    return {
        "resourceType": "Media",
        "status": "completed",
        "subject": {"reference": subject},
        "content": data,
    }


def test_a_report_is_written_once_however_often_it_is_asked(
    client: FhirClient, own: Finding, record: Any
) -> None:
    first = client.write(own)
    before = dict(record.resources)
    again = client.write(own)
    assert first.created == len(before) - 1 and again.created == 0
    assert first.report == again.report and first.report in record.resources
    assert record.resources == before


def test_what_was_written_is_read_back_from_the_record(client: FhirClient, own: Finding, record: Any) -> None:
    client.write(own)
    kept = [{"fullUrl": f"{record.base}/{key}", "resource": one} for key, one in record.resources.items()]
    assert predictions_in({"resourceType": "Bundle", "type": "searchset", "entry": kept}) == own.predictions


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_trouble_that_passes_is_waited_for(
    client: FhirClient, own: Finding, record: Any, waits: list[float], status: int
) -> None:
    record.faults = [status, status]
    assert client.write(own).created > 0
    assert len(waits) == 2 and 0 < waits[0] < 0.011


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 412, 413, 422])
def test_a_refusal_is_never_asked_again(
    client: FhirClient, own: Finding, record: Any, waits: list[float], status: int
) -> None:
    record.faults = [None, status]  # the patient is found, the report refused
    with pytest.raises(RecordError) as told:
        client.write(own)
    assert told.value.status == status and waits == [] and len(record.asked) == 2


def test_the_record_says_how_long_to_wait(client: FhirClient, record: Any, waits: list[float]) -> None:
    record.faults = [lambda at: at.reply(503, {}, Retry_After="2")]
    assert client.get("Patient/12")["id"] == "12"
    assert waits == [2.0]
    record.faults = [lambda at: at.reply(429, {}, Retry_After="3600")]
    with pytest.raises(RecordAwayError, match="later"):
        client.get("Patient/12")
    assert waits == [2.0]


def test_a_record_that_is_always_in_trouble_is_left_after_some_tries(
    client: FhirClient, record: Any, waits: list[float]
) -> None:
    record.faults = [500] * 10
    with pytest.raises(RecordAwayError, match="3 tries"):
        client.get("Patient/12")
    assert len(record.asked) == 3 and len(waits) == 2


def _never(at: Any) -> None:
    time.sleep(8)


def _trickling(at: Any) -> None:
    at.send_response(200)
    at.send_header("Content-Length", "100000")
    at.end_headers()
    for _ in range(80):
        at.wfile.write(b" ")
        at.wfile.flush()
        time.sleep(0.1)


def _cut_off(at: Any) -> None:
    at.send_response(200)
    at.send_header("Content-Length", "100000")
    at.end_headers()
    at.wfile.write(b'{"resourceType": "Pat')


def _endless(at: Any) -> None:
    at.reply(200, {"resourceType": "Patient", "id": "12", "text": "x" * 500_000})


@pytest.mark.parametrize("fault", [_never, _trickling, _cut_off, _endless])
def test_a_record_that_answers_slowly_wrongly_or_never(record: Any, fault: Any) -> None:
    client = FhirClient(record.base, patience=replace(QUICK, answer=0.4), sleep=lambda _: None)
    record.faults = [fault] * 3
    started = time.monotonic()
    with pytest.raises(RecordAwayError):
        client.get("Patient/12")
    assert time.monotonic() - started < 12  # twice 8 if it waited for an answer
    record.faults = [fault]
    patient = FhirClient(record.base, patience=replace(QUICK, answer=1.0), sleep=lambda _: None)
    assert patient.get("Patient/12")["id"] == "12"


def test_nobody_at_that_address() -> None:
    with pytest.raises(RecordAwayError, match="ConnectError"):
        FhirClient("http://127.0.0.1:9/fhir", patience=QUICK, sleep=lambda _: None).get("Patient/12")


def test_an_answer_lost_on_the_way_back_does_not_double_the_report(
    client: FhirClient, own: Finding, record: Any
) -> None:
    def lost(at: Any) -> None:
        # The report arrives and is kept; its answer never comes.
        from cutis.interop.fhir.bundle import transaction

        record._transaction(transaction(own, "R4"))
        at.connection.close()

    record.faults = [None, lost]
    assert client.write(own).created == 0
    assert sum(key.startswith("DiagnosticReport/") for key in record.resources) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "<html>Sign in</html>",
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "Bundle", "type": "transaction-response", "entry": []},
    ],
)
def test_a_wrong_answer_to_a_report_is_no_success(
    client: FhirClient, own: Finding, record: Any, wrong: Any
) -> None:
    record.faults = [None, lambda at: at.reply(200, wrong)]
    with pytest.raises(RecordAwayError):
        client.write(own)


def test_permissions_are_never_sent_elsewhere(client: FhirClient, record: Any) -> None:
    with pytest.raises(FhirError, match="outside"):
        client.get("https://elsewhere.example/fhir/Patient/12")
    with pytest.raises(FhirError, match="outside"):
        client.get(record.base + ".elsewhere.example/Patient/12")
    record.faults = [lambda at: at.reply(302, {}, Location="https://elsewhere.example/")]
    with pytest.raises(RecordError, match="elsewhere"):
        client.get("Patient/12")
    page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "https://elsewhere.example/2"}]}
    record.faults = [lambda at: at.reply(200, page)]
    with pytest.raises(FhirError, match="outside"):
        list(client.search("Media"))
    for address in ("http://ehr.example/fhir", "https://me:secret@ehr.example/fhir", "ftp://ehr.example"):
        with pytest.raises(FhirError):
            FhirClient(address)


def test_pages_that_go_round_in_circles_are_left(client: FhirClient, record: Any) -> None:
    page = {"resourceType": "Bundle", "link": [{"relation": "next", "url": f"{record.base}/Media?"}]}
    record.faults = [lambda at: at.reply(200, page)] * 5
    with pytest.raises(RecordAwayError, match="never end"):
        list(client.search("Media"))


def test_odd_entries_of_a_search_are_passed_over_and_the_others_are_found(
    client: FhirClient, record: Any
) -> None:
    def odd(at: Any) -> None:
        media = {"resourceType": "Media", "id": "1", "meta": "now", "subject": None}
        far = {"resourceType": "Media", "id": "2", "meta": {"lastUpdated": "0001-01-01T00:00:00"}}
        entry = [None, "x", [], {}, {"resource": None}, {"resource": ["Media"]}, {"resource": media}]
        links = [None, "next", {"relation": "self"}]
        at.reply(200, {"resourceType": "Bundle", "entry": [*entry, {"resource": far}], "link": links})

    record.faults = [odd]
    found, mark = client.new("Media", Bookmark())
    assert {one["id"] for one in found} == {"1", "2"}
    assert client.new("Media", mark)[0] == []
    record.faults = [lambda at: at.reply(200, {"resourceType": "Bundle", "entry": {}, "link": "none"})]
    assert list(client.search("Media")) == []


def test_a_next_page_without_an_address_leaves_the_search(client: FhirClient, record: Any) -> None:
    link = [{"relation": "next", "url": "http://[here"}]
    record.faults = [lambda at: at.reply(200, {"resourceType": "Bundle", "link": link})]
    with pytest.raises(RecordAwayError, match="no address"):
        list(client.search("Media"))


def test_a_patient_whom_the_record_does_not_know_gets_no_report(
    client: FhirClient, own: Finding, record: Any
) -> None:
    del record.resources["Patient/12"]
    with pytest.raises(WrongPatientError, match="does not know"):
        client.write(own)
    record.put({"resourceType": "Patient", "id": "99"})
    record.faults = [lambda at: at.reply(200, {"resourceType": "Patient", "id": "99"})]
    with pytest.raises(WrongPatientError, match="another patient"):
        client.write(own)
    mixed = replace(own, pictures=(replace(own.pictures[0], subject="Patient/13"), *own.pictures[1:]))
    with pytest.raises(WrongPatientError):
        client.write(mixed)
    assert [kind for kind, _ in record.asked if kind == "POST"] == []


def test_new_photos_are_told_once_also_those_of_the_same_moment(client: FhirClient, record: Any) -> None:
    record.page = 2
    moment = "2026-11-21T21:00:00.000+00:00"
    for _ in range(3):
        record.put(_media(), moment)
    found, mark = client.new("Media", Bookmark())
    assert len(found) == 3 and mark.since == moment
    assert client.new("Media", mark) == ([], mark)
    late = record.put(_media(), moment)  # the same millisecond, after we looked
    found, mark = client.new("Media", mark)
    assert [one["id"] for one in found] == [late["id"]]
    after = record.put(_media(), "2026-11-21T21:00:00.500+00:00")
    found, mark = client.new("Media", mark)
    assert [one["id"] for one in found] == [after["id"]]
    assert client.new("Media", mark)[0] == []


def test_what_comes_to_light_late_is_not_lost(client: FhirClient, record: Any) -> None:
    record.put(_media(), "2026-11-21T21:00:05.000+00:00")
    _, mark = client.new("Media", Bookmark())
    late = record.put(_media(), "2026-11-21T21:00:01.000+00:00")  # taken in earlier, committed later
    found, mark = client.new("Media", mark)
    assert [one["id"] for one in found] == [late["id"]] and mark.since.startswith("2026-11-21T21:00:05")
    assert client.new("Media", mark)[0] == []


def test_what_was_changed_is_told_again(client: FhirClient, record: Any) -> None:
    kept = record.put(_media())
    _, mark = client.new("Media", Bookmark())
    kept["meta"] = {"versionId": "2", "lastUpdated": "2026-11-21T20:30:00.000+00:00"}
    found, mark = client.new("Media", mark)
    assert [one["meta"]["versionId"] for one in found] == ["2"]


def test_a_server_that_does_not_sort_loses_nothing(client: FhirClient, record: Any) -> None:
    wanted = {record.put(_media())["id"] for _ in range(9)}
    newest_first = sorted(
        (one for key, one in record.resources.items() if key.startswith("Media/")),
        key=lambda one: one["meta"]["lastUpdated"],
        reverse=True,
    )
    page = {"resourceType": "Bundle", "entry": [{"resource": one} for one in newest_first]}
    mark, seen = Bookmark(), []
    for _ in range(4):
        record.faults = [lambda at: at.reply(200, page)]
        found, mark = client.new("Media", mark, most=3)
        seen += [one["id"] for one in found]
    assert sorted(seen) == sorted(wanted)


def test_many_new_photos_come_in_parts_and_none_is_left_out(client: FhirClient, record: Any) -> None:
    wanted = {record.put(_media())["id"] for _ in range(23)}
    mark, seen = Bookmark(), []
    for _ in range(10):
        found, mark = client.new("Media", mark, most=5)
        seen += [one["id"] for one in found]
    assert sorted(seen) == sorted(wanted)


def test_a_photo_comes_with_whose_it_is(client: FhirClient, record: Any) -> None:
    photo = client.photo(record.put(_media(f"{record.base}/Patient/12")))
    assert photo.subject == "Patient/12" and photo.data == PHOTO
    assert photo.digest == hashlib.sha256(PHOTO).hexdigest()
    binary = record.put({"resourceType": "Binary", "data": base64.b64encode(PHOTO).decode()})
    linked = {"data": "", "url": f"Binary/{binary['id']}"}
    assert client.photo(record.put(_media(**linked))).data == PHOTO
    document = {
        "resourceType": "DocumentReference",
        "subject": {"reference": "Patient/12"},
        "content": [{"attachment": _media()["content"]}],
    }
    assert client.photo(document).data == PHOTO


@pytest.mark.parametrize(
    ("attachment", "says"),
    [
        ({"data": "%%%"}, "not whole"),
        ({"data": ""}, "no photo"),
        ({"hash": base64.b64encode(b"0" * 20).decode()}, "checksum"),
        ({"data": "", "url": "https://elsewhere.example/photo"}, "outside"),
    ],
)
def test_a_photo_that_is_not_whole_is_refused(
    client: FhirClient, record: Any, attachment: dict[str, str], says: str
) -> None:
    with pytest.raises(FhirError, match=says):
        client.photo(record.put(_media(**attachment)))


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Patient/12"},
        {"subject": [{"reference": "Patient/12"}]},
        {"content": "a photo"},
        {"content": ["a photo"]},
        {"content": [{"attachment": "a photo"}]},
        {"content": [[]]},
    ],
)
def test_a_resource_of_another_shape_is_refused_with_words(
    client: FhirClient, change: dict[str, Any]
) -> None:
    with pytest.raises((FhirError, WrongPatientError)):
        client.photo(_media() | change)


def test_a_photo_at_what_is_no_address_is_refused_and_not_asked_for(client: FhirClient, record: Any) -> None:
    with pytest.raises(FhirError, match="was named; it was not asked"):
        client.photo(_media(data="", url="Binary/\x0112"))
    assert record.asked == []


@pytest.mark.parametrize("subject", ["", "Group/1", "https://else.example/fhir/Patient/12"])
def test_a_photo_of_nobody_is_refused(client: FhirClient, subject: str) -> None:
    with pytest.raises(WrongPatientError):
        client.photo(_media(subject))


# --- permission of a program ---


@pytest.fixture(scope="module", params=["EC", "RSA"])
def key(request: pytest.FixtureRequest) -> Any:
    made = ECKey.generate_key("P-384") if request.param == "EC" else RSAKey.generate_key(2048)
    return {**made.as_dict(private=True), "kid": "key-1"}


def _permitted(record: Any, key: dict[str, Any], **more: Any) -> BackendServices:
    secret = ("d", "p", "q", "dp", "dq", "qi")
    record.jwks = {"keys": [{name: value for name, value in key.items() if name not in secret}]}
    scope = "system/Media.rs system/DiagnosticReport.cu"
    return BackendServices(
        "cutis-gateway", record.token_url, key, scope, patience=QUICK, sleep=lambda _: None, **more
    )


def test_a_signed_statement_gets_a_token_that_is_used_while_it_lives(
    record: Any, key: dict[str, Any], own: Finding
) -> None:
    client = FhirClient(record.base, _permitted(record, key), patience=QUICK)
    assert client.write(own).created > 0
    client.get("Patient/12")
    assert len(record.given) == 1


def test_a_token_is_renewed_when_it_expires_and_when_it_is_refused(record: Any, key: dict[str, Any]) -> None:
    now = [0.0]
    permission = _permitted(record, key, clock=lambda: now[0])
    client = FhirClient(record.base, permission, patience=QUICK)
    client.get("Patient/12")
    now[0] = 271.0  # 300 seconds, less the time on the way
    client.get("Patient/12")
    assert len(record.given) == 2
    record.tokens.clear()  # the record takes none of them any more
    client.get("Patient/12")
    assert len(record.given) == 3
    record.faults = [401, None, 401]  # and refuses the fresh one too
    with pytest.raises(RecordError) as told:
        client.get("Patient/12")
    assert told.value.status == 401


def test_a_client_that_is_not_registered_gets_nothing(record: Any, key: dict[str, Any]) -> None:
    permission = _permitted(record, key)
    record.jwks = {"keys": []}
    with pytest.raises(NotAuthorisedError, match="registered"):
        FhirClient(record.base, permission, patience=QUICK).get("Patient/12")
    assert [path for _, path in record.asked] == ["/token"]


def test_each_try_for_a_token_is_a_statement_of_its_own(record: Any, key: dict[str, Any]) -> None:
    permission = _permitted(record, key)
    record.faults = [503, 503]
    assert permission.token() == "token-0"
    assert permission.assertion() != permission.assertion()


@pytest.mark.parametrize(
    "answer", [{"token_type": "bearer"}, {"access_token": "t", "token_type": "mac"}, {"access_token": ["t"]}]
)
def test_an_answer_without_a_token_is_none(record: Any, key: dict[str, Any], answer: Any) -> None:
    permission = _permitted(record, key)
    record.faults = [lambda at: at.reply(200, answer)]
    with pytest.raises(NotAuthorisedError):
        permission.token()


def test_weak_or_public_keys_are_refused(record: Any) -> None:
    short = ECKey.generate_key("P-256").as_dict(private=True)
    public = ECKey.generate_key("P-384").as_dict(private=False)
    nameless = ECKey.generate_key("P-384").as_dict(private=True)
    nameless.pop("kid", None)
    for bad in ({**short, "kid": "1"}, {**public, "kid": "1"}, nameless, {"kty": "oct", "k": "c2VjcmV0"}):
        with pytest.raises(FhirError):
            BackendServices("cutis-gateway", record.token_url, bad, "system/*.rs")


def test_neither_tokens_nor_patients_are_logged(
    record: Any, key: dict[str, Any], own: Finding, caplog: pytest.LogCaptureFixture
) -> None:
    client = FhirClient(record.base, _permitted(record, key), patience=QUICK, sleep=lambda _: None)
    with caplog.at_level(logging.DEBUG):
        record.faults = [None, None, 503]
        client.write(own)
    ours = [line.getMessage() for line in caplog.records if line.name.startswith("cutis")]
    assert ours and not any("token-" in line or "Patient" in line for line in ours)
