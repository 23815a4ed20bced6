"""Launch from a medical record: the record says who the patient is, and gives a permission for this patient.

Source: HL7, SMART App Launch 2.0.0; PKCE, RFC 7636; issuer in the answer, RFC 9207.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from cutis.interop.fhir.backend import token_of
from cutis.interop.fhir.errors import FhirError, NotAuthorisedError, WrongPatientError
from cutis.interop.fhir.exchange import Exchange, Patience, checked_address
from cutis.interop.smart_session import App, Configuration, SmartSession, redeem, write_back

__all__ = [
    "App",
    "Configuration",
    "Pending",
    "SmartSession",
    "begin",
    "discover",
    "finish",
    "launch_of",
    "write_back",
]

WAITS = 600.0  # seconds that a launch may take
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True)
class Pending:
    """A launch on its way, to be kept on our side with the person's browser session.

    Attributes:
        configuration: of the record.
        state: what the answer must bring back.
        verifier: proves that whoever redeems the code is who asked for it.
        ends: on the monotonic clock, seconds.
    """

    configuration: Configuration
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    ends: float


def launch_of(parameters: Mapping[str, str], trusted: Collection[str]) -> tuple[str, str]:
    """The record and the launch that a browser brings to our launch address.

    Args:
        parameters: of the address.
        trusted: FHIR servers that may launch; others could send people anywhere.

    Returns:
        The FHIR server's address, and the launch.

    Raises:
        NotAuthorisedError: the record is not one of them, or no launch is named.
    """
    base, launch = parameters.get("iss", "").rstrip("/"), parameters.get("launch", "")
    if not launch or len(launch) > 4096:
        raise NotAuthorisedError("no launch is named. Open cutis from within the record.")
    if base not in {one.rstrip("/") for one in trusted}:
        raise NotAuthorisedError("this record is not known here. Ask the administrator to add its address.")
    return base, launch


def discover(
    base: str, patience: Patience | None = None, sleep: Callable[[float], None] = time.sleep
) -> Configuration:
    """Ask a record for its endpoints.

    Args:
        base: address of its FHIR server, one that is trusted.
        patience, sleep: with it.

    Raises:
        RecordError, RecordAwayError: it does not answer well.
        FhirError: it offers no launch that is safe.
    """
    exchange = Exchange(base, patience, sleep)
    told = exchange.ask("GET", f"{exchange.base}/.well-known/smart-configuration", headers=_json).json()
    authorize, token = told.get("authorization_endpoint"), told.get("token_endpoint")
    if not isinstance(authorize, str) or not isinstance(token, str):
        raise FhirError("this record's configuration names no endpoints for a launch.")
    methods = told.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        raise FhirError("this record does not offer PKCE with S256, without which no launch is safe.")
    able = told.get("capabilities")
    return Configuration(
        base=exchange.base,
        authorize=checked_address(authorize),
        token=checked_address(token),
        capabilities=frozenset(map(str, able)) if isinstance(able, list) else frozenset(),
        issuer=str(told.get("issuer") or ""),
    )


def begin(
    configuration: Configuration,
    app: App,
    launch: str = "",
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, Pending]:
    """Begin a launch.

    Args:
        configuration: of the record.
        app: cutis, as registered there.
        launch: of the record; empty when cutis was opened by itself and the record is to ask for the patient.
        clock: seconds.

    Returns:
        The address to send the browser to, and what to keep until it comes back.
    """
    verifier = secrets.token_urlsafe(64)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    pending = Pending(configuration, secrets.token_urlsafe(32), verifier, clock() + WAITS)
    asked = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": app.redirect,
        "scope": f"{'launch' if launch else 'launch/patient'} {app.scopes}",
        "state": pending.state,
        "aud": configuration.base,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | ({"launch": launch} if launch else {})
    joint = "&" if urlsplit(configuration.authorize).query else "?"
    return f"{configuration.authorize}{joint}{urlencode(asked)}", pending


def finish(
    pending: Pending,
    parameters: Mapping[str, str],
    app: App,
    *,
    patience: Patience | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SmartSession:
    """Finish a launch with what the browser brought back. A pending launch is used once: forget it before.

    Args:
        pending: from `begin`.
        parameters: of the redirect.
        app: as in `begin`.
        patience: with the token endpoint; it is asked once, since a code is good for once.
        clock: seconds, as in `begin`.

    Raises:
        NotAuthorisedError: another state or issuer, too late, refused by the person or the record.
        WrongPatientError: the record does not say who the patient is.
        RecordAwayError: the token endpoint does not answer well. Begin anew.
    """
    configuration = pending.configuration
    if not hmac.compare_digest(parameters.get("state", "").encode(), pending.state.encode()):
        raise NotAuthorisedError("this answer belongs to another launch. Open cutis from the record again.")
    if clock() > pending.ends:
        raise NotAuthorisedError("the launch took too long. Open cutis from the record again.")
    issuer = parameters.get("iss", "")
    if issuer and configuration.issuer and issuer.rstrip("/") != configuration.issuer.rstrip("/"):
        raise NotAuthorisedError("this answer comes from another record. Open cutis from the record again.")
    if parameters.get("error") or not parameters.get("code"):
        raise NotAuthorisedError("the record gave no permission. Open cutis from the record again.")
    form = {
        "grant_type": "authorization_code",
        "code": parameters["code"],
        "redirect_uri": app.redirect,
        "code_verifier": pending.verifier,
    }
    started = clock()
    reply = redeem(configuration.token, form, app, patience)
    told = reply.json()
    session = SmartSession(configuration, app, _patient(told), _encounter(told), patience, clock)
    session.take(token_of(reply, started), str(told.get("refresh_token") or ""))
    return session


def _json() -> dict[str, str]:
    return {"Accept": "application/json"}


def _patient(told: Mapping[str, Any]) -> str:
    patient = told.get("patient")
    if not isinstance(patient, str) or not _ID.fullmatch(patient):
        raise WrongPatientError("the record does not say whose record is open. Choose a patient there first.")
    return patient


def _encounter(told: Mapping[str, Any]) -> str:
    encounter = told.get("encounter")
    return encounter if isinstance(encounter, str) and _ID.fullmatch(encounter) else ""
