"""Photos that are fetched from a DICOMweb server."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from time import monotonic

from sqlalchemy import func, select

from cutis.core.errors import CutisError
from cutis.interop.dicom.uids import ROOT
from cutis.web.database import Delivery, Dispatch
from cutis.web.gateway import dicomweb
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.inlets.telling import ODD, Tell, odd
from cutis.web.gateway.peers import Web
from cutis.web.gateway.results import made_here
from cutis.web.gateway.sending import TryLaterError

_AGAIN = 3600.0  # seconds before a DICOMweb server is asked again for an object that it does not give


@dataclass(eq=False)
class AskedServer:
    """A DICOMweb server that is asked again and again for photos that are not here yet.

    Attributes:
        passed_over: instances that could not be taken, with the moment from which on they are tried again:
            never what is refused, as it would be refused again, written into the audit each time.
    """

    gateway: Gateway
    web: Web
    tell: Tell
    passed_over: dict[str, float] = field(default_factory=dict)

    def look(self) -> int:
        """Fetch the photos that are not here yet.

        Returns:
            How many are new.
        """
        new, own, known = 0, frozenset[str](), -1
        try:
            for study, series, instance in dicomweb.found(self.web):
                if monotonic() < self.passed_over.get(instance, 0):
                    continue
                with self.gateway.platform.database.reading() as session:
                    there = select(Delivery.id).where(Delivery.identity == f"uid:{instance}")
                    if session.scalar(there) is not None:
                        continue
                    if own.isdisjoint((series, instance)) and instance.startswith(ROOT):
                        sent = session.scalar(select(func.count(Dispatch.id))) or 0
                        if sent != known:  # at first, and anew where results were sent meanwhile
                            own, known = made_here(session), sent
                if own.isdisjoint((series, instance)):
                    new += self._take(study, series, instance)
        except CutisError as error:
            self.tell(f"{self.web.name}: {error}")
        return new

    def _take(self, study: str, series: str, instance: str) -> bool:
        """Whether this one is new; what is wrong with it keeps none of those behind it away."""
        try:
            content = dicomweb.fetched(self.web, study, series, instance)
        except TryLaterError:
            raise
        except CutisError as error:
            self.tell(f"{self.web.name}: {error}")
            self.passed_over[instance] = monotonic() + _AGAIN
            return False
        try:
            return arrive(self.gateway, Came(self.web.name, content, issuer=self.web.issuer)).new
        except NotTakenHereError as error:
            self.tell(f"{self.web.name}: {error}")
        except ODD as error:
            self.tell(odd(self.web.name, error))
        self.passed_over[instance] = inf
        return False
