"""The launch, against a record on this machine that follows the specification, and some that do not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from cutis.interop.fhir.client import FhirClient
from cutis.interop.fhir.errors import FhirError, NotAuthorisedError, RecordAwayError, WrongPatientError
from cutis.interop.fhir.exchange import Patience
from cutis.interop.fhir.results import Finding
from cutis.interop.smart import App, Pending, SmartSession, begin, discover, finish, launch_of, write_back

QUICK = Patience(tries=2, connect=5.0, answer=10.0, first_wait=0.01)
APP = App("cutis", "https://cutis.example/launched")


class Authority:
    """An authorisation server: checks what a careful one checks.

    Attributes:
        told: more, or other, in the answer with the token.
        wrong: changes to the configuration.
        faults: statuses of the next token requests.
    """

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.refreshes: set[str] = set()
        self.launches = {"launch-1": "12"}
        self.told: dict[str, Any] = {}
        self.wrong: dict[str, Any] = {}
        self.faults: list[int] = []
        self.secret = ""
        self.tokens = 0
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/fhir/.well-known/smart-configuration":
                    return self._say(200, authority.configuration())
                if url.path == "/authorize":
                    status, place = authority.authorize(dict(parse_qsl(url.query)))
                    self.send_response(status)
                    self.send_header("Location", place)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                self._say(404, {})

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                flat = {name: values[0] for name, values in form.items()}
                fault = authority.faults.pop(0) if authority.faults else 0
                status, told = (fault, {}) if fault else authority.token(flat, self.headers)
                self._say(status, told)

            def _say(self, status: int, told: Any) -> None:
                data = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.base = f"{self.root}/fhir"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def configuration(self) -> dict[str, Any]:
        own = {
            "issuer": self.root,
            "authorization_endpoint": f"{self.root}/authorize",
            "token_endpoint": f"{self.root}/token",
            "capabilities": ["launch-ehr", "launch-standalone", "client-public", "context-ehr-patient"],
            "code_challenge_methods_supported": ["S256"],
        }
        return {name: value for name, value in (own | self.wrong).items() if value is not None}

    def authorize(self, asked: dict[str, str]) -> tuple[int, str]:
        assert asked["response_type"] == "code" and asked["aud"] == self.base
        assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 22
        scopes = asked["scope"].split()
        patient = self.launches[asked["launch"]] if "launch" in scopes else "77"
        assert ("launch" in scopes) == ("launch" in asked) and ("launch/patient" in scopes) != (
            "launch" in asked
        )
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked | {"patient": patient}
        back = {"code": code, "state": asked["state"], "iss": self.root}
        return 302, f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, form: dict[str, str], headers: Any) -> tuple[int, Any]:
        own = f"Basic {base64.b64encode(f'cutis:{self.secret}'.encode()).decode()}"
        known = headers.get("Authorization") == own if self.secret else form.get("client_id") == "cutis"
        if not known:
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refreshes:
                return 400, {"error": "invalid_grant"}
            self.refreshes.discard(form["refresh_token"])
            return 200, self._given("12")
        asked = self.codes.pop(form.get("code", ""), None)
        made = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or made.rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if (
            form["redirect_uri"] != asked["redirect_uri"]
            or form["client_id" if not self.secret else "code"] == ""
        ):
            return 400, {"error": "invalid_grant"}
        return 200, self._given(asked["patient"])

    def _given(self, patient: str) -> dict[str, Any]:
        self.tokens += 1
        refresh = secrets.token_urlsafe(16)
        self.refreshes.add(refresh)
        own = {
            "access_token": f"token-{self.tokens}",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "launch patient/DiagnosticReport.cu",
            "patient": patient,
            "encounter": "3",
            "refresh_token": refresh,
        }
        return {name: value for name, value in (own | self.told).items() if value is not None}


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _back(address: str) -> dict[str, str]:
    """What the browser brings back from the record."""
    answer = httpx.get(address, follow_redirects=False, verify=False)  # no TLS on this machine
    assert answer.status_code == 302 and answer.headers["location"].startswith(APP.redirect)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def _launched(authority: Authority, app: App = APP, launch: str = "launch-1", **more: Any) -> SmartSession:
    address, pending = begin(discover(authority.base, QUICK), app, launch)
    return finish(pending, _back(address), app, patience=QUICK, **more)


def test_a_launch_from_the_record_brings_its_patient(authority: Authority) -> None:
    base, launch = launch_of({"iss": authority.base + "/", "launch": "launch-1"}, [authority.base])
    address, pending = begin(discover(base, QUICK), APP, launch)
    session = finish(pending, _back(address), APP, patience=QUICK)
    assert session.subject == "Patient/12" and session.encounter == "Encounter/3"
    assert session.headers() == {"Authorization": "Bearer token-1"}
    assert session.scope == "launch patient/DiagnosticReport.cu"


def test_opened_by_itself_the_record_asks_for_the_patient(authority: Authority) -> None:
    assert _launched(authority, launch="").subject == "Patient/77"


def test_a_confidential_client_shows_its_secret(authority: Authority) -> None:
    authority.secret = "s3cret"
    assert _launched(authority, replace(APP, secret="s3cret")).subject == "Patient/12"
    with pytest.raises(NotAuthorisedError):
        _launched(authority, replace(APP, secret="another"))
    assert "s3cret" not in repr(replace(APP, secret="s3cret"))


def test_every_launch_has_a_state_and_a_verifier_of_its_own(authority: Authority) -> None:
    configuration = discover(authority.base, QUICK)
    pending = [begin(configuration, APP, "launch-1")[1] for _ in range(20)]
    assert len({one.state for one in pending}) == len({one.verifier for one in pending}) == 20
    assert all(43 <= len(one.verifier) <= 128 for one in pending)
    assert pending[0].state not in repr(pending[0]) and pending[0].verifier not in repr(pending[0])


@pytest.mark.parametrize(
    "change",
    [
        {"state": "another"},
        {"state": ""},
        {"iss": "https://elsewhere.example"},
        {"error": "access_denied"},
        {"code": ""},
        {"code": "guessed"},
    ],
)
def test_an_answer_that_does_not_belong_here_is_refused(authority: Authority, change: dict[str, str]) -> None:
    address, pending = begin(discover(authority.base, QUICK), APP, "launch-1")
    with pytest.raises(NotAuthorisedError):
        finish(pending, _back(address) | change, APP, patience=QUICK)


def test_a_stolen_code_is_worth_nothing_without_the_verifier(authority: Authority) -> None:
    configuration = discover(authority.base, QUICK)
    address, pending = begin(configuration, APP, "launch-1")
    thief = Pending(configuration, pending.state, secrets.token_urlsafe(64), pending.ends)
    with pytest.raises(NotAuthorisedError):
        finish(thief, _back(address), APP, patience=QUICK)


def test_a_code_is_good_for_once_and_not_for_long(authority: Authority) -> None:
    address, pending = begin(discover(authority.base, QUICK), APP, "launch-1")
    back = _back(address)
    with pytest.raises(NotAuthorisedError, match="too long"):
        finish(pending, back, APP, patience=QUICK, clock=lambda: pending.ends + 1)
    finish(pending, back, APP, patience=QUICK)
    with pytest.raises(NotAuthorisedError):
        finish(pending, back, APP, patience=QUICK)


@pytest.mark.parametrize("patient", [None, "", 12, "../Patient/13", "a" * 65])
def test_without_a_patient_there_is_no_session(authority: Authority, patient: Any) -> None:
    authority.told = {"patient": patient}
    with pytest.raises(WrongPatientError):
        _launched(authority)


def test_an_expired_token_is_renewed_and_the_old_refresh_token_dropped(authority: Authority) -> None:
    now = [0.0]
    address, pending = begin(discover(authority.base, QUICK), APP, "launch-1", lambda: now[0])
    session = finish(pending, _back(address), APP, patience=QUICK, clock=lambda: now[0])
    for count in (2, 3):
        now[0] += 271
        assert session.headers() == {"Authorization": f"Bearer token-{count}"}
    session.forget()
    assert session.headers() == {"Authorization": "Bearer token-4"}
    authority.refreshes.clear()
    session.forget()
    with pytest.raises(NotAuthorisedError, match="again"):
        session.headers()


def test_without_a_refresh_token_the_record_must_be_opened_again(authority: Authority) -> None:
    authority.told = {"refresh_token": None, "expires_in": 10}
    with pytest.raises(NotAuthorisedError, match="expired"):
        _launched(authority).headers()


def test_a_record_that_changes_the_patient_is_left(authority: Authority) -> None:
    session = _launched(authority)
    authority.told = {"patient": "13"}
    session.forget()
    with pytest.raises(WrongPatientError, match="changed"):
        session.headers()


def test_a_token_endpoint_in_trouble_is_asked_once(authority: Authority) -> None:
    authority.faults = [503]
    with pytest.raises(RecordAwayError):
        _launched(authority)
    assert authority.tokens == 0 and _launched(authority).subject == "Patient/12"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"iss": "https://ehr.example/fhir"},
        {"launch": "1"},
        {"iss": "https://evil.example/fhir", "launch": "1"},
    ],
)
def test_only_known_records_may_launch(parameters: dict[str, str]) -> None:
    with pytest.raises(NotAuthorisedError):
        launch_of(parameters, ["https://ehr.example/fhir"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"token_endpoint": None},
        {"authorization_endpoint": 5},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": None},
    ],
)
def test_a_configuration_that_is_not_safe_is_refused(authority: Authority, wrong: dict[str, Any]) -> None:
    authority.wrong = wrong
    with pytest.raises(FhirError):
        discover(authority.base, QUICK)


def test_a_report_goes_only_to_the_patient_whose_record_is_open(
    authority: Authority, record: Any, finding: Finding
) -> None:
    session = _launched(authority)
    session.base = record.base  # the same machine plays both parts
    client = FhirClient(record.base, session, patience=QUICK)
    assert write_back(session, client, replace(finding, base=record.base)).report.startswith(
        "DiagnosticReport/"
    )
    reports = [key for key in record.resources if key.startswith("DiagnosticReport/")]
    pictures = tuple(replace(one, subject="Patient/13") for one in finding.pictures)
    with pytest.raises(WrongPatientError, match="record is open"):
        write_back(
            session, client, replace(finding, subject="Patient/13", pictures=pictures, base=record.base)
        )
    assert [key for key in record.resources if key.startswith("DiagnosticReport/")] == reports
