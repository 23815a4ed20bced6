"""What a launch gives: a permission for one patient of a record, renewed while the record allows it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from cutis.interop.fhir.backend import Token, token_of
from cutis.interop.fhir.client import FhirClient, Written
from cutis.interop.fhir.elements import patient_of
from cutis.interop.fhir.errors import NotAuthorisedError, RecordError, WrongPatientError
from cutis.interop.fhir.exchange import Exchange, Patience, Reply
from cutis.interop.fhir.results import Finding

SCOPES = (
    "openid fhirUser online_access patient/Patient.r patient/Condition.rs patient/MedicationRequest.rs "
    "patient/Media.crs patient/DocumentReference.crs patient/ImagingSelection.crs patient/Observation.crs "
    "patient/RiskAssessment.crs patient/DiagnosticReport.crs user/Device.crs"
)


@dataclass(frozen=True)
class App:
    """cutis, as it is registered at a record.

    Attributes:
        client_id: as registered.
        redirect: our address to which the record sends the browser back.
        secret: of a confidential client; empty for a public one.
        scopes: what is asked for, beside the launch.
    """

    client_id: str
    redirect: str
    secret: str = field(default="", repr=False)
    scopes: str = SCOPES


@dataclass(frozen=True)
class Configuration:
    """What a record says of its launch.

    Attributes:
        base: address of its FHIR server.
        authorize, token: its endpoints.
        capabilities: such as ``launch-ehr``.
        issuer: its name in answers; empty where it has none.
    """

    base: str
    authorize: str
    token: str
    capabilities: frozenset[str] = frozenset()
    issuer: str = ""


class SmartSession:
    """A permission for one patient of a record, renewed while the record allows it.

    Args:
        configuration: of the record.
        app: cutis, as registered there.
        patient: id of the patient in context.
        encounter: id of the encounter; empty where there is none.
        patience: with the token endpoint.
        clock: seconds.
    """

    def __init__(
        self,
        configuration: Configuration,
        app: App,
        patient: str,
        encounter: str = "",
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = configuration.base
        self.subject = f"Patient/{patient}"
        self.encounter = f"Encounter/{encounter}" if encounter else ""
        self._configuration, self._app = configuration, app
        self._patience, self._clock = patience, clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refresh = ""

    def take(self, token: Token, refresh: str) -> None:
        """Keep a fresh permission."""
        self._token = token
        self._refresh = refresh or self._refresh

    @property
    def scope(self) -> str:
        """What was granted, which may be less than was asked for."""
        return self._token.scope if self._token else ""

    def headers(self) -> dict[str, str]:
        """What every request carries.

        Raises:
            NotAuthorisedError: it has expired, and the record gives no other.
            RecordAwayError: the record cannot be asked for another.
        """
        with self._lock:
            if self._token is None or self._clock() >= self._token.ends:
                self._renew()
            assert self._token is not None
            return {"Authorization": f"Bearer {self._token.value}"}

    def forget(self) -> None:
        """The record refused the token."""
        with self._lock:
            self._token = None

    def _renew(self) -> None:
        if not self._refresh:
            raise NotAuthorisedError("the permission has expired. Open cutis from the record again.")
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh}
        started = self._clock()
        reply = redeem(self._configuration.token, form, self._app, self._patience)
        told = reply.json()
        again = told.get("patient")
        if again is not None and f"Patient/{again}" != self.subject:
            raise WrongPatientError("the record changed the patient. Open cutis from the record again.")
        self.take(token_of(reply, started), str(told.get("refresh_token") or ""))


def write_back(session: SmartSession, client: FhirClient, finding: Finding) -> Written:
    """Write a report into the record from which cutis was opened.

    Raises:
        WrongPatientError: the report is not of the patient whose record is open. Nothing is written.
        RecordError, RecordAwayError, NotAuthorisedError: see `FhirClient.write`.
    """
    own = replace(finding, base=session.base, encounter=finding.encounter or session.encounter)
    if client.base != session.base or patient_of(own.subject, session.base) != session.subject:
        raise WrongPatientError("the report is not of the patient whose record is open. Nothing was written.")
    return client.write(own)


def redeem(token_url: str, form: Mapping[str, str], app: App, patience: Patience | None) -> Reply:
    """Ask a token endpoint once: codes and rotating refresh tokens are good for once.

    Raises:
        NotAuthorisedError: it gives nothing.
        RecordAwayError: it does not answer well.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    told = dict(form)
    if app.secret:
        both = f"{quote(app.client_id, safe='')}:{quote(app.secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
    else:
        told["client_id"] = app.client_id
    once = replace(patience or Patience(), tries=1)
    body = urlencode(told).encode()
    try:
        return Exchange(token_url, once).ask("POST", token_url, headers=lambda: headers, content=lambda: body)
    except RecordError as error:
        raise NotAuthorisedError(
            "the record gave no permission. Open cutis from the record again."
        ) from error
