"""Which photo goes which way, how long is tried and what is kept: the gateway's document, checked whole.

The document is ``gateway.toml`` or ``gateway.json`` in the data folder; `docs/gateway.md` shows one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cutis.web.gateway.peers import Folder, Kind, Name, Node, Part, Receiver, Record, Seconds, Web

Object = Literal["photo", "report", "overlay", "segmentation"]


class Rule(Part):
    """Which way a photo goes. The first rule that fits counts; what is left empty fits everything.

    Attributes:
        source: AE titles, and names of folders and servers.
        modality: clinical, dermoscopic or confocal.
        body_site: words or codes of places.
        study: identity or name of the study that takes the photo.
        quality_gate: a photo that is not good enough is reported as that, and nothing else is said of it.
        tasks: whose answers are reported; empty for all that answer in the study.
        send_to: names of nodes, DICOMweb servers and records.
        objects: what DICOM receivers are sent.
    """

    source: tuple[str, ...] = ()
    modality: tuple[Kind, ...] = ()
    body_site: tuple[str, ...] = ()
    study: str = Field(min_length=1)
    quality_gate: bool = True
    tasks: tuple[str, ...] = ()
    send_to: tuple[Name, ...] = ()
    objects: tuple[Object, ...] = ("photo", "report", "overlay", "segmentation")

    def fits(self, source: str, modality: str, body_site: str) -> bool:
        """Whether a photo from there, of that kind and place, goes this way."""
        sites = {one.casefold() for one in self.body_site}
        return (
            (not self.source or source in self.source)
            and (not self.modality or modality in self.modality)
            and (not sites or body_site.casefold() in sites)
        )


class Sending(Part):
    """How results are sent.

    Attributes:
        tries: of each receiver, before its results become a dead letter.
        first_wait: seconds before the second try; twice as long before each further one.
        longest_wait: seconds.
    """

    tries: Annotated[int, Field(ge=1, le=1000)] = 12
    first_wait: Seconds = 5.0
    longest_wait: Seconds = 900.0


class Keeping(Part):
    """How long objects are kept that a study refused; whatever else came stays.

    Attributes:
        refused_days: after which the file and the patient's number are forgotten.
        refused_most: so many are kept at the most; of more, the oldest are forgotten before their time.
    """

    refused_days: Annotated[float, Field(gt=0, le=3650)] = 30.0
    refused_most: Annotated[int, Field(ge=0, le=1_000_000)] = 1000


class HookCaller(Part):
    """A record that may ask for cards; ``keys_file`` is its public JSON Web Key Set."""

    issuer: str
    keys_file: Path
    tenants: tuple[str, ...] = ()


class Hooks(Part):
    """CDS Hooks.

    Attributes:
        callers: records that may ask.
        open_to_all: everybody may, which is for trying out only.
        prevalence: share of patients with a rash after such a drug who have a severe reaction.
    """

    callers: tuple[HookCaller, ...] = ()
    open_to_all: bool = False
    prevalence: Annotated[float, Field(gt=0, lt=1)] | None = None


class Rules(Part):
    """The whole document."""

    receiver: Receiver | None = None
    folders: tuple[Folder, ...] = ()
    dicomweb: tuple[Web, ...] = ()
    nodes: tuple[Node, ...] = ()
    records: tuple[Record, ...] = ()
    rules: tuple[Rule, ...] = ()
    sending: Sending = Sending()
    keeping: Keeping = Keeping()
    hooks: Hooks | None = None

    @model_validator(mode="after")
    def _known(self) -> Rules:
        named: list[Folder | Web | Node | Record] = [
            *self.folders,
            *self.dicomweb,
            *self.nodes,
            *self.records,
        ]
        everybody = [one.name for one in named]
        twice = sorted({name for name in everybody if everybody.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} names several places; give each a name of its own")
        receivers = {one.name for one in named if not isinstance(one, Folder)}
        for number, rule in enumerate(self.rules):
            for name in rule.send_to:
                if name not in receivers:
                    known = ", ".join(sorted(receivers)) or "none"
                    raise ValueError(
                        f"rules[{number}].send_to: '{name}' is no node, DICOMweb server or record of this "
                        f"document (there is {known})"
                    )
        return self

    @property
    def listens(self) -> int:
        """How many inlets it opens."""
        asked = [one.every for one in self.dicomweb] + [one.every for one in self.records]
        return len(self.folders) + bool(self.receiver) + sum(every is not None for every in asked)

    def rule_for(self, source: str, modality: str, body_site: str) -> Rule | None:
        """The first rule that fits; None where none does."""
        return next((one for one in self.rules if one.fits(source, modality, body_site)), None)

    def receiver_of(self, name: str) -> Node | Web | Record | None:
        """Whom a rule names; None where the document no longer knows it."""
        every: Iterator[Node | Web | Record] = iter((*self.nodes, *self.dicomweb, *self.records))
        return next((one for one in every if one.name == name), None)
