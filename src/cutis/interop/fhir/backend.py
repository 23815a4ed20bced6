"""Permission for a program without a person: SMART backend services, by a signed assertion.

Source: HL7, SMART App Launch 2.0.0, client-confidential-asymmetric and backend services.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cutis.interop.fhir.errors import FhirError, NotAuthorisedError, RecordError
from cutis.interop.fhir.exchange import Exchange, Patience, Reply

ALGORITHMS = {"RSA": "RS384", "EC": "ES384"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIVES = 240  # seconds of an assertion; at most five minutes are allowed
_SKEW = 30  # seconds before its end at which a token is no longer used


@dataclass(frozen=True)
class Token:
    """A permission.

    Attributes:
        value: the bearer token.
        ends: on the monotonic clock, seconds.
        scope: what it is for.
    """

    value: str
    ends: float
    scope: str = ""

    def __repr__(self) -> str:
        """Without the token itself: it may come into a log."""
        return f"Token(scope={self.scope!r})"


class BackendServices:
    """Gets and renews the token of one client.

    Args:
        client_id: as registered at the record.
        token_url: its token endpoint.
        key: private key as a JSON Web Key, of RSA or of the curve P-384, with ``kid``.
        scope: such as ``system/Media.rs system/DiagnosticReport.cu``.
        patience: with the token endpoint.
        sleep, clock: for tests.

    Raises:
        FhirError: the key is not of a kind that the standard takes.
    """

    def __init__(
        self,
        client_id: str,
        token_url: str,
        key: Mapping[str, Any],
        scope: str,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from joserfc.jwk import import_key

        if key.get("kty") not in ALGORITHMS or (key.get("kty") == "EC" and key.get("crv") != "P-384"):
            raise FhirError("the client's key must be of RSA, or of the curve P-384, as a JSON Web Key.")
        if not key.get("kid") or not key.get("d"):
            raise FhirError(
                "the client's key must be a private one with a 'kid', under which it is registered."
            )
        self._id, self._url, self._scope = client_id, token_url, scope
        self._key, self._kid = import_key(dict(key)), str(key["kid"])
        self._algorithm = ALGORITHMS[str(key["kty"])]
        self._exchange = Exchange(token_url, patience, sleep)
        self._clock, self._lock = clock, threading.Lock()
        self._token: Token | None = None

    def assertion(self) -> str:
        """A signed statement of who asks, to be used once."""
        from joserfc import jwt

        now = int(time.time())
        claims = {
            "iss": self._id,
            "sub": self._id,
            "aud": self._url,
            "iat": now,
            "exp": now + _LIVES,
            "jti": str(uuid.uuid4()),
        }
        header = {"alg": self._algorithm, "kid": self._kid, "typ": "JWT"}
        return str(jwt.encode(header, claims, self._key, algorithms=[self._algorithm]))

    def token(self) -> str:
        """A valid token; a new one where the last has expired.

        Raises:
            NotAuthorisedError: the record does not know this client, its key or the scope.
            RecordAwayError: the token endpoint does not answer.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._token.ends:
                self._token = self._fresh()
            return self._token.value

    def forget(self) -> None:
        """The record no longer takes the token: the next one is fresh."""
        with self._lock:
            self._token = None

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.token()}"}

    def _fresh(self) -> Token:
        started = self._clock()
        try:
            reply = self._exchange.ask("POST", self._url, headers=_form, content=self._body)
        except RecordError as error:
            raise NotAuthorisedError(
                f"the record gave no permission (status {error.status}). See that the client, its key "
                "and the scope are registered there."
            ) from error
        return token_of(reply, started)

    def _body(self) -> bytes:
        return urlencode(
            {
                "grant_type": "client_credentials",
                "scope": self._scope,
                "client_assertion_type": ASSERTION,
                "client_assertion": self.assertion(),
            }
        ).encode()


def _form() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def token_of(reply: Reply, started: float) -> Token:
    """The token in an answer.

    Args:
        reply: of a token endpoint.
        started: when it was asked, on the monotonic clock.

    Raises:
        NotAuthorisedError: there is none in it.
        RecordAwayError: it is no JSON.
    """
    told = reply.json()
    value, kind = told.get("access_token"), str(told.get("token_type", ""))
    if not isinstance(value, str) or not value or kind.casefold() != "bearer":
        raise NotAuthorisedError("the record's answer holds no bearer token.")
    lives = told.get("expires_in", 300)
    seconds = float(lives) if isinstance(lives, int | float | str) and str(lives).isdecimal() else 300.0
    return Token(value, started + max(0.0, seconds - _SKEW), str(told.get("scope", "")))
