"""Photos that are fetched from a health record, by FHIR."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from cutis.core.errors import CutisError
from cutis.interop.fhir.client import Bookmark, FhirClient
from cutis.interop.fhir.elements import Json, mapping
from cutis.interop.fhir.errors import FhirError, RecordError, WrongPatientError
from cutis.interop.fhir.pictures import is_own
from cutis.web.database import PollBookmark
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive, kept_text, number
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.inlets.telling import ODD, Tell, odd
from cutis.web.gateway.peers import Record
from cutis.web.gateway.sending import client_of
from cutis.web.photos.intake import kept_moment

_GONE = (404, 410)


def poll_record(gateway: Gateway, record: Record, tell: Tell) -> int:
    """Take the photos that are new at a record; where it is away the next question begins where this one did.

    Returns:
        How many are new.
    """
    new = 0
    for kind in record.kinds:
        name = f"{record.name} {kind}"
        try:
            client = client_of(record)
            mark = _bookmark(gateway, name)
            resources, after = client.new(kind, mark)
            for one in resources:
                if is_own(one):  # what was written back is no new photo
                    continue
                try:
                    new += _of_record(gateway, record, client, one)
                except (FhirError, WrongPatientError) as error:
                    tell(f"{record.name}: {error}")
                except RecordError as error:
                    if error.status not in _GONE:
                        raise
                    tell(f"{record.name}: a photo or its patient is not there any more; it is passed over.")
                except ODD as error:
                    tell(odd(record.name, error))
            if after != mark:
                _keep(gateway, name, after)
        except CutisError as error:
            tell(f"{record.name}: {error}")
    return new


def _of_record(gateway: Gateway, record: Record, client: FhirClient, one: Json) -> bool:
    """Whether a resource brought a photo that is new."""
    photo = client.photo(one)
    came = Came(
        record.name,
        photo.data,
        issuer=record.issuer,
        patient=number_of(client.get(photo.subject), record),
        subject=photo.subject,
        modality=record.modality,
        body_site=_site(one.get("bodySite")),
        taken=kept_moment(photo.taken) or "",
    )
    with suppress(NotTakenHereError):
        return arrive(gateway, came).new
    return False


def _site(said: Any) -> str:
    """Body site in words: of a Media a concept, of a DocumentReference of R5 a list of references to such."""
    first = mapping(said[0] if isinstance(said, list) and said else said)
    text = mapping(first.get("concept", first)).get("text")
    return kept_text(text)[:80] if isinstance(text, str) else ""


def number_of(patient: dict[str, object], record: Record) -> str:
    """The patient's number in the system that the rules name; empty where there is none, or several."""
    said = patient.get("identifier")
    found = {
        str(one.get("value", ""))
        for one in (said if isinstance(said, list) else [])
        if record.identifier_system and one.get("system") == record.identifier_system
    }
    return number(found.pop()) if len(found) == 1 else ""


def _bookmark(gateway: Gateway, name: str) -> Bookmark:
    with gateway.platform.database.reading() as session:
        row = session.get(PollBookmark, name)
        return Bookmark(row.since, frozenset(map(str, row.seen))) if row else Bookmark()


def _keep(gateway: Gateway, name: str, mark: Bookmark) -> None:
    with gateway.platform.database.writing() as session:
        session.merge(PollBookmark(name=name, since=mark.since, seen=sorted(mark.seen)))
