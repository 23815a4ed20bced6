"""Findings to say in FHIR, and HL7's own schemas to hold them against."""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest

from cutis.interop.fhir.results import (
    Answer,
    DicomImage,
    Finding,
    LesionScore,
    Model,
    Outcome,
    Picture,
    Point,
    Prediction,
    PredictionSet,
    Quality,
    Risk,
)

SCHEMAS = Path(__file__).parent / "schemas"
WHEN = "2026-11-21T20:00:00+00:00"


@cache
def _schema(release: str) -> dict[str, Any]:
    with lzma.open(SCHEMAS / f"{release.lower()}.schema.json.xz") as handle:
        return dict(json.load(handle))


@cache
def _validator(release: str, kind: str) -> Any:
    from jsonschema import Draft6Validator

    whole = _schema(release)
    if kind not in whole["definitions"]:
        return Draft6Validator({"not": {}})
    # The whole schema tries every kind of resource in turn; what is asked is whether it is of this one.
    return Draft6Validator({"$ref": f"#/definitions/{kind}", "definitions": whole["definitions"]})


@pytest.fixture(scope="session")
def problems() -> Callable[[str, dict[str, Any]], list[str]]:
    """What HL7's schema has against a Bundle, each of its resources judged as what it says it is."""
    pytest.importorskip("jsonschema")

    def judge(release: str, bundle: dict[str, Any]) -> list[str]:
        shell = {
            **bundle,
            "entry": [{k: v for k, v in e.items() if k != "resource"} for e in bundle["entry"]],
        }
        todo = [shell, *(entry["resource"] for entry in bundle["entry"])]
        return [
            f"{one['resourceType']}: {'/'.join(map(str, error.path))}: {error.message[:200]}"
            for one in todo
            for error in _validator(release, one["resourceType"]).iter_errors(one)
        ]

    return judge


def model(task: str = "dermoscopy", title: str = "Dermoscopic diagnosis", *, rendered: bool = False) -> Model:
    digest = hashlib.sha256(task.encode()).hexdigest()
    return Model(task, "0.3", digest, task, title, rendered, "dermoscopic", "CC BY-NC 4.0")


def picture(image_id: str = "nose-1", subject: str = "Patient/12", **more: Any) -> Picture:
    given = {
        "digest": "cd" * 32,
        "data": b"\xff\xd8\xff\xe0 not quite a photo",
        "title": "Nose, dermoscopic",
        "taken": "2026-11-20T09:30:00+01:00",
        "width": 1200,
        "height": 900,
        "body_site": "cheek",
        "side": "left",
    }
    return Picture(image_id, subject, **(given | more))


def prediction(image_id: str = "nose-1") -> Prediction:
    outcomes = (
        Outcome("mel", "Melanoma", 0.7125, (0.61, 0.8)),
        Outcome("nv", "Melanocytic nevus", 0.2875, (0.2, 0.39)),
        Outcome("akiec", "Actinic keratosis or Bowen's disease", 1e-07, (0.0, 0.01)),
    )
    reasons = (Outcome("blur", "Blurred", 0.12), Outcome("dark", "Too dark", 0.03))
    return Prediction(
        model=model(),
        image_id=image_id,
        answers=(Answer("", "Dermoscopic diagnosis", "mel", outcomes),),
        points=(Point("Melanoma, finds 95 of 100", "mel", 0.0526, "sensitivity >= 0.95", True),),
        level=0.95,
        set=PredictionSet(("mel", "nv"), 0.9),
        quality=Quality("4", "Good", True, 0.93, 0.5025, reasons, "image_quality 0.3"),
    )


def graded(image_id: str = "face-1") -> Prediction:
    grades = (("0", "None"), ("1", "Slight"), ("2", "Moderate"))
    answers = tuple(
        Answer(
            name,
            title,
            "1",
            tuple(Outcome(grade, text, p) for (grade, text), p in zip(grades, ps, strict=True)),
            1.05,
        )
        for name, title, ps in (
            ("melasma", "Melasma", (0.2, 0.6, 0.2)),
            ("pores", "Clogged pores", (0.1, 0.8, 0.1)),
        )
    )
    return Prediction(model("facial", "Everyday conditions of facial skin", rendered=True), image_id, answers)


def risk() -> Risk:
    return Risk(
        model=model("drug_reaction", "Severe drug reactions", rendered=True),
        looked_for="severe",
        title="Severe drug reaction (SJS/TEN)",
        probability=0.71,
        made_for=0.506,
        here=0.0214,
        prevalence=0.01,
        threshold=0.3828,
        refer=True,
        sentence="Refer urgently. Not excluded: Severe drug reaction (SJS/TEN).",
        lesions=(LesionScore("nose-1", 1, 0.8, 0.75), LesionScore("nose-1", 2, 0.4, 0.25)),
    )


@pytest.fixture
def finding() -> Finding:
    overlay = picture(
        kind="overlay", content_type="image/png", digest="ef" * 32, title="What the model looked at"
    )
    archived = DicomImage(
        "1.2.840.99.1", "1.2.840.99.1.1", "1.2.840.99.1.1.1", "1.2.840.10008.5.1.4.1.1.77.1.4"
    )
    return Finding(
        subject="Patient/12",
        when=WHEN,
        predictions=(prediction(), graded()),
        pictures=(
            picture(dicom=archived),
            overlay,
            picture("face-1", body_site="face", side="", data=b"", url="https://ehr.example/p/1"),
        ),
        risk=risk(),
        encounter="Encounter/3",
        based_on="ServiceRequest/9",
        base="https://ehr.example/fhir",
    )


class Record:
    """A medical record on this machine: FHIR, a token endpoint, and every fault that a test asks for.

    Attributes:
        faults: what happens to the next requests, one each: a status, a function of the handler, or None.
        resources: by ``Kind/id``.
        asked: method and path of every request.
        tokens: given out and still valid.
        jwks: public keys of registered clients; without them no token is asked for.
    """

    def __init__(self) -> None:
        self.faults: list[Any] = []
        self.resources: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.given: list[str] = []
        self.used: set[str] = set()
        self.jwks: dict[str, Any] | None = None
        self.page = 50
        self.lives = 300
        self.clock = 0
        record = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self._any()

            def do_POST(self) -> None:
                self._any()

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                record.asked.append((self.command, self.path))
                fault = record.faults.pop(0) if record.faults else None
                if callable(fault):
                    return fault(self)
                status, told = (fault, {}) if isinstance(fault, int) else record.answer(self, body)
                self.reply(status, told)

            def reply(self, status: int, told: Any, **headers: str) -> None:
                data = json.dumps(told).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_port}/fhir"
        self.token_url = self.base.replace("/fhir", "/token")
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def put(self, resource: dict[str, Any], when: str = "") -> dict[str, Any]:
        """Keep a resource as the server does, with a version and a time."""
        self.clock += 1
        number = str(len(self.resources) + 1)
        meta = {"lastUpdated": when or f"2026-11-21T20:00:{self.clock:02}.000+00:00", "versionId": "1"}
        kept = {"id": number, **resource, "meta": meta}
        self.resources[f"{kept['resourceType']}/{kept['id']}"] = kept
        return kept

    def answer(self, handler: Any, body: bytes) -> tuple[int, Any]:
        url = urlsplit(handler.path)
        if url.path == "/token":
            return self._token(parse_qs(body.decode()))
        if self.jwks is not None:
            sent = handler.headers.get("Authorization", "").removeprefix("Bearer ")
            if sent not in self.tokens:
                return 401, {"resourceType": "OperationOutcome", "issue": [{"code": "login"}]}
        if handler.command == "POST" and url.path == "/fhir":
            return self._transaction(json.loads(body))
        path = url.path.removeprefix("/fhir/")
        if path in self.resources:
            return 200, self.resources[path]
        if "/" in path:
            return 404, {"resourceType": "OperationOutcome", "issue": [{"code": "not-found"}]}
        return 200, self._search(path, parse_qs(url.query))

    def _search(self, kind: str, query: dict[str, list[str]]) -> dict[str, Any]:
        found = [one for key, one in self.resources.items() if key.startswith(f"{kind}/")]
        since = query.get("_lastUpdated", [""])[0].removeprefix("ge")
        found = [one for one in found if one["meta"]["lastUpdated"] >= since]
        found.sort(key=lambda one: one["meta"]["lastUpdated"])
        start = int(query.get("start", ["0"])[0])
        page = {"resourceType": "Bundle", "type": "searchset"}
        page["entry"] = [{"resource": one} for one in found[start : start + self.page]]
        if start + self.page < len(found):
            flat = {name: values[0] for name, values in query.items()} | {"start": str(start + self.page)}
            page["link"] = [{"relation": "next", "url": f"{self.base}/{kind}?{urlencode(flat)}"}]
        return page

    def _transaction(self, bundle: dict[str, Any]) -> tuple[int, Any]:
        answers = []
        for entry in bundle["entry"]:
            kind, asked = entry["request"]["url"], entry["request"]["ifNoneExist"]
            value = unquote(asked.partition("|")[2])
            there = [
                one
                for one in self.resources.values()
                if one["resourceType"] == kind
                and value in {i.get("value") for i in one.get("identifier", [])}
            ]
            kept = there[0] if there else self.put(entry["resource"])
            place = f"{self.base}/{kind}/{kept['id']}/_history/1"
            answers.append({"response": {"status": "200 OK" if there else "201 Created", "location": place}})
        return 200, {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}

    def _token(self, form: dict[str, list[str]]) -> tuple[int, Any]:
        from joserfc import jwt
        from joserfc.jwk import KeySet

        try:
            keys = KeySet.import_key_set(self.jwks or {"keys": []})
            read = jwt.decode(form["client_assertion"][0], keys, algorithms=["ES384", "RS384"])
            claims = read.claims
            assert claims["iss"] == claims["sub"] == "cutis-gateway" and claims["aud"] == self.token_url
            assert time.time() < claims["exp"] <= time.time() + 300 and claims["jti"] not in self.used
            assert form["grant_type"] == ["client_credentials"]
        except Exception:
            return 400, {"error": "invalid_client"}
        self.used.add(claims["jti"])
        token = f"token-{len(self.given)}"
        self.given.append(token)
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "bearer", "expires_in": self.lives}


@pytest.fixture
def record() -> Iterator[Record]:
    """A medical record that knows patient 12."""
    made = Record()
    made.put({"resourceType": "Patient", "id": "12"})
    yield made
    made.server.shutdown()
    made.server.server_close()
