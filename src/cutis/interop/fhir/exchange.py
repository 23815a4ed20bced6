"""One request to somebody else's server, with patience that has an end."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from cutis.interop.fhir.errors import FhirError, RecordAwayError, RecordError

_log = logging.getLogger("cutis.interop")


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how often.

    Attributes:
        tries: in all; only what may do well the next time is tried again.
        connect: seconds to reach the server.
        answer: seconds for the whole answer, however it trickles.
        first_wait: seconds before the second try; it doubles from there, with chance so that many clients
            do not come back at once.
        longest_wait: seconds; a server that asks for longer is left alone for now.
        most_bytes: of an answer.
    """

    tries: int = 4
    connect: float = 5.0
    answer: float = 30.0
    first_wait: float = 0.5
    longest_wait: float = 30.0
    most_bytes: int = 64 << 20


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Attributes:
        status: of HTTP.
        headers: names in lower case.
        body: as sent.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            RecordAwayError: it is none, as behind a proxy or a login page.
        """
        try:
            found = json.loads(self.body)
        except ValueError as error:
            raise RecordAwayError(
                f"the server answered {self.status} with something that is no JSON. See whether the address "
                "is that of the FHIR server itself, not of a login page or proxy."
            ) from error
        if not isinstance(found, dict):
            raise RecordAwayError(f"the server answered {self.status} with JSON that is no object.")
        return found


class Exchange:
    """Requests to one server.

    Args:
        base: address that every request must begin with; others are refused, so that a permission is never
            sent to somebody else.
        patience: see there.
        sleep: called with seconds between tries.

    Raises:
        FhirError: the address is not one of https, or of this machine.
    """

    def __init__(
        self, base: str, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.base = checked_address(base).rstrip("/")
        self.patience = patience or Patience()
        self._sleep = sleep
        # Made once: reading all certificates takes longer than most answers. Without TLS there are none.
        self._trusted = httpx.create_ssl_context() if self.base.startswith("https:") else False

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]] | None = None,
        content: Callable[[], bytes] | None = None,
        renew: Callable[[], None] | None = None,
    ) -> Reply:
        """Send a request that does no harm when it arrives twice.

        Must not be called from within an event loop.

        Args:
            method: of HTTP.
            url: below ``base``.
            headers: made anew for each try, since permissions expire.
            content: makes the body anew for each try, since statements are taken once only.
            renew: called once when the server says that the permission is no longer valid.

        Returns:
            An answer of status 2xx or 3xx.

        Raises:
            RecordError: refused (4xx); it was asked once.
            RecordAwayError: too late, wrongly or never, after all tries.
            FhirError: the address is elsewhere, or none.
        """
        below = url == self.base or url.startswith((f"{self.base}/", f"{self.base}?"))
        if not (below and _is_address(url)):
            raise FhirError("an address outside of the record's server was named; it was not asked.")
        renewed = renew is None
        tried = 0
        while True:
            tried += 1
            asked: float | None = None
            try:
                reply = self._once(
                    method, url, dict(headers() if headers else {}), content() if content else None
                )
            except (httpx.HTTPError, TimeoutError, OSError) as error:
                trouble = f"no answer ({type(error).__name__})"
            else:
                if reply.status < 400:
                    return reply
                if reply.status == 401 and not renewed and renew is not None:
                    renewed, tried = True, tried - 1
                    renew()
                    continue
                if reply.status != 429 and reply.status < 500:
                    raise RecordError(_refused(reply), reply.status)
                trouble, asked = f"status {reply.status}", _asked_to_wait(reply)
            wait = self._wait(tried, asked)
            if tried >= self.patience.tries or wait is None:
                raise RecordAwayError(
                    f"the record's server did not answer well ({trouble}, {tried} tries). Nothing is lost: "
                    "the same may be tried again later."
                )
            _log.info("%s: %s, again in %.1f s", urlsplit(url).netloc, trouble, wait)
            self._sleep(wait)

    def _once(self, method: str, url: str, headers: dict[str, str], content: bytes | None) -> Reply:
        async def exchange() -> Reply:
            limits = httpx.Timeout(self.patience.answer, connect=self.patience.connect)
            # A redirect would carry the permission elsewhere.
            async with (
                httpx.AsyncClient(timeout=limits, follow_redirects=False, verify=self._trusted) as http,
                http.stream(method, url, headers=headers, content=content) as answer,
            ):
                body = bytearray()
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > self.patience.most_bytes:
                        raise httpx.DecodingError("the answer is too large")
                return Reply(
                    answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, bytes(body)
                )

        return asyncio.run(asyncio.wait_for(exchange(), self.patience.answer))

    def _wait(self, tried: int, asked: float | None) -> float | None:
        if asked is not None:
            return asked if asked <= self.patience.longest_wait else None
        wait: float = min(self.patience.first_wait * 2 ** (tried - 1), self.patience.longest_wait)
        return wait * random.uniform(0.5, 1.0)


def _asked_to_wait(reply: Reply) -> float | None:
    """Seconds of ``Retry-After``, in either of its forms."""
    said = reply.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _refused(reply: Reply) -> str:
    """The codes of an OperationOutcome; its texts may hold a patient's data."""
    codes: list[str] = []
    try:
        told = json.loads(reply.body)
        codes = [str(issue.get("code", ""))[:40] for issue in told["issue"]][:5]
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    why = f": {', '.join(codes)}" if codes else ""
    return f"the record's server refused the request (status {reply.status}{why})."


def _is_address(url: str) -> bool:
    try:
        httpx.URL(url)
    except httpx.InvalidURL:  # such as one with a line break, of a resource that somebody wrote by hand
        return False
    return True


def checked_address(url: str) -> str:
    """An address to which a permission may be sent.

    Raises:
        FhirError: it is not https, and not on this machine.
    """
    parts = urlsplit(url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.username or parts.password or not parts.hostname:
        raise FhirError("an address of a server has no name and password in it. Configure them apart.")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise FhirError(f"{parts.scheme}://{parts.hostname}: a record is reached by https only.")
    return url
