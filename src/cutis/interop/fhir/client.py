"""A FHIR server: what is new there, the photos, and the report written back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin

from cutis.interop.fhir.bundle import transaction
from cutis.interop.fhir.elements import Json, Release, mapping, mappings, patient_of
from cutis.interop.fhir.errors import FhirError, RecordAwayError, RecordError, WrongPatientError
from cutis.interop.fhir.exchange import Exchange, Patience
from cutis.interop.fhir.results import Finding, Picture

FHIR_JSON = "application/fhir+json"
OVERLAP = 120.0  # seconds
_PAGES = 1000  # of one search; a server that has more goes round in circles


class Permission(Protocol):
    """Whoever has tokens: `cutis.interop.fhir.backend.BackendServices`, or a launch's session."""

    def headers(self) -> dict[str, str]:
        """What every request carries."""

    def forget(self) -> None:
        """The token was refused."""


@dataclass(frozen=True)
class Bookmark:
    """How far the new resources of one kind were read.

    Attributes:
        since: the server's own time of the last one seen, ISO 8601; empty at the beginning.
        seen: ``id/version@time`` of those of the last `OVERLAP` seconds, which are asked for again: what a
            server took in earlier may come to light later.
    """

    since: str = ""
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Written:
    """What became of a report.

    Attributes:
        report: its reference at the server, such as ``DiagnosticReport/7``.
        created: resources that were not there before; none the second time.
    """

    report: str
    created: int


class FhirClient:
    """One FHIR server.

    Args:
        base: address, such as ``https://ehr.example/fhir``.
        permission: None where the server asks for none.
        release: of FHIR.
        patience: with it.
        sleep: for tests.
    """

    def __init__(
        self,
        base: str,
        permission: Permission | None = None,
        *,
        release: Release = "R4",
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._exchange = Exchange(base, patience, sleep)
        self.base, self.release = self._exchange.base, release
        self._permission = permission

    def get(self, address: str) -> Json:
        """One resource or page.

        Args:
            address: relative such as ``Patient/12``, or full and of this server.

        Raises:
            RecordError, RecordAwayError, NotAuthorisedError, FhirError: see `Exchange.ask`.
        """
        url = address if "://" in address else f"{self.base}/{address}"
        return self._ask("GET", url)

    def search(self, kind: str, **parameters: str) -> Iterator[Json]:
        """Resources of a kind, through all pages.

        Raises:
            RecordAwayError: a page is no Bundle, or they never end.
            FhirError: a page is on another server.
        """
        query = urlencode({name.replace("__", ":"): value for name, value in parameters.items()})
        url: str | None = f"{self.base}/{quote(kind)}?{query}"
        visited: set[str] = set()
        while url:
            if url in visited or len(visited) >= _PAGES:
                raise RecordAwayError("the server's pages of a search never end; it was left.")
            visited.add(url)
            page = self.get(url)
            if page.get("resourceType") != "Bundle":
                raise RecordAwayError(f"a search of {kind} was answered with no Bundle.")
            for entry in mappings(page.get("entry")):
                found = mapping(entry.get("resource"))
                if found.get("resourceType") == kind:
                    yield dict(found)
            url = _next(page, url)

    def new(self, kind: str, bookmark: Bookmark, most: int = 200) -> tuple[list[Json], Bookmark]:
        """What came since the last time, oldest first, as a subscription would tell it.

        Args:
            kind: such as ``Media``, ``DocumentReference`` or ``ServiceRequest``.
            bookmark: from the last time. Keep the new one when the resources are safe.
            most: resources at once; the rest comes next time.

        Raises:
            RecordError, RecordAwayError, NotAuthorisedError: the bookmark stays as it was.
        """
        asked = {"_sort": "_lastUpdated", "_count": "50"}
        if bookmark.since:
            from_then = datetime.fromtimestamp(_moment(bookmark.since) - OVERLAP, UTC)
            asked["_lastUpdated"] = f"ge{from_then.isoformat(timespec='milliseconds')}"
        known = {one.rpartition("@")[0] for one in bookmark.seen}
        found: list[Json] = []
        in_order, before = True, 0.0
        for one in self.search(kind, **asked):
            if _version(one) in known:
                continue
            moment = _moment(_updated(one))
            # A server that does not sort is read to its end: cut off, the rest would not be asked for again.
            in_order = in_order and moment >= before
            if in_order and len(found) >= most and moment > before:
                break
            before = moment
            found.append(one)
        if not found:
            return [], bookmark
        found.sort(key=lambda one: _moment(_updated(one)))
        last = max((_updated(found[-1]), bookmark.since), key=_moment)
        seen = bookmark.seen | {f"{_version(one)}@{_moment(_updated(one))}" for one in found}
        still = _moment(last) - OVERLAP
        return found, Bookmark(last, frozenset(one for one in seen if float(one.rpartition("@")[2]) >= still))

    def photo(self, resource: Mapping[str, Any]) -> Picture:
        """The photo of a Media or DocumentReference, with whose it is.

        Raises:
            WrongPatientError: it says of nobody that it is of them.
            FhirError: there is no photo in it, it is not whole, or it lies on another server.
        """
        subject = patient_of(str(mapping(resource.get("subject")).get("reference", "")), self.base)
        attachment = _attachment(resource)
        data = self._data(attachment)
        told = attachment.get("hash")
        made = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
        if told and told != made:
            raise FhirError("a photo differs from its checksum in the record. Have it sent again.")
        kind = str(resource.get("resourceType"))
        return Picture(
            image_id=f"{kind}-{resource.get('id', '')}",
            subject=subject,
            content_type=str(attachment.get("contentType", "application/octet-stream")),
            digest=hashlib.sha256(data).hexdigest(),
            data=data,
            taken=str(resource.get("createdDateTime") or attachment.get("creation") or ""),
        )

    def write(self, finding: Finding) -> Written:
        """Write a report back: all of it or nothing, and once, however often it is asked.

        The patient must be known at the server.

        Raises:
            WrongPatientError: the parts are of several patients, or the server does not know the patient.
            RecordError: the server refuses it.
            RecordAwayError: the server does not answer well; the same may be written again later.
        """
        finding = replace(finding, base=finding.base or self.base)
        bundle = transaction(finding, self.release)
        self._see_patient(patient_of(finding.subject, finding.base))
        told = self._ask("POST", self.base, json.dumps(bundle).encode())
        return _written(told, bundle)

    def _see_patient(self, subject: str) -> None:
        if not subject.startswith("Patient/"):
            raise WrongPatientError("the subject is no patient of the record. Nothing was written.")
        try:
            found = self.get(subject)
        except RecordError as error:
            if error.status in (404, 410):
                raise WrongPatientError(
                    "the record does not know this patient (any more). Nothing was written."
                ) from error
            raise
        if found.get("resourceType") != "Patient" or f"Patient/{found.get('id')}" != subject:
            raise WrongPatientError(
                "the record gave another patient than was asked for. Nothing was written."
            )

    def _ask(self, method: str, url: str, body: bytes | None = None) -> Json:
        def headers() -> dict[str, str]:
            own = {"Accept": FHIR_JSON} | ({"Content-Type": FHIR_JSON} if body else {})
            return own | (self._permission.headers() if self._permission else {})

        renew = self._permission.forget if self._permission else None
        content = None if body is None else lambda: body
        reply = self._exchange.ask(method, url, headers=headers, content=content, renew=renew)
        if reply.status >= 300:
            raise RecordError(f"the record's server sends elsewhere (status {reply.status}).", reply.status)
        return reply.json()

    def _data(self, attachment: Mapping[str, Any]) -> bytes:
        said = attachment.get("data")
        if not said and attachment.get("url"):
            address = urljoin(f"{self.base}/", str(attachment["url"]))
            said = self.get(address).get("data")
        try:
            data = base64.b64decode(str(said or ""), validate=True)
        except (binascii.Error, ValueError) as error:
            raise FhirError("a photo in the record is not whole. Have it sent again.") from error
        if not data:
            raise FhirError("a resource of the record holds no photo.")
        return data


def _attachment(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    content = resource.get("content")
    found = mapping(content[0]).get("attachment") if isinstance(content, list) and content else content
    if not isinstance(found, Mapping):
        raise FhirError("a resource of the record holds no photo.")
    return found


def _updated(one: Mapping[str, Any]) -> str:
    return str(mapping(one.get("meta")).get("lastUpdated", ""))


def _moment(said: str) -> float:
    """Seconds; as text, half a second past the minute would come before the minute."""
    try:
        return datetime.fromisoformat(said).timestamp()
    except (ValueError, OverflowError):  # the year 1 has no seconds everywhere
        return 0.0


def _version(one: Mapping[str, Any]) -> str:
    return f"{one.get('id')}/{mapping(one.get('meta')).get('versionId', '')}"


def _next(page: Mapping[str, Any], url: str) -> str | None:
    for link in mappings(page.get("link")):
        if link.get("relation") == "next":
            try:
                return urljoin(url, str(link.get("url", "")))
            except ValueError as error:
                raise RecordAwayError("the next page of a search has no address; it was left.") from error
    return None


def _written(told: Json, bundle: Json) -> Written:
    answers = told.get("entry", [])
    if told.get("type") != "transaction-response" or len(answers) != len(bundle["entry"]):
        raise RecordAwayError("the server did not say what became of each part of the report.")
    created, report = 0, ""
    for asked, answer in zip(bundle["entry"], answers, strict=True):
        said = answer.get("response", {})
        status = str(said.get("status", ""))
        if not status.startswith("2"):
            raise RecordAwayError("the server says that a part of the report was not written.")
        created += status.startswith("201")
        if asked["resource"]["resourceType"] == "DiagnosticReport":
            report = _place(str(said.get("location", "")))
    return Written(report, created)


def _place(location: str) -> str:
    parts = location.split("/_history/", maxsplit=1)[0].rstrip("/").split("/")
    return "/".join(parts[-2:])
