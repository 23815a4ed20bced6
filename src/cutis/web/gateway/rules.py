"""What the gateway listens to, whom it knows, and which photo goes which way: one document, checked whole.

The document is ``gateway.toml`` or ``gateway.json`` in the data folder; `docs/gateway.md` shows one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal["clinical", "dermoscopic", "confocal"]
Object = Literal["photo", "report", "overlay", "segmentation"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_. -]{1,60}$")]
Title = Annotated[str, Field(pattern=r"^[\x20-\x5b\x5d-\x7e]{1,16}$")]  # of application entities, PS3.5 6.2
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
Issuer = Annotated[str, Field(max_length=64)]
Address = Annotated[str, Field(pattern=r"^https?://[^\s@]+$")]
FROM_FOLDER = r"^(?P<patient>[^/]+)/"  # the folder that a photo lies in is named as its patient


class _Part(BaseModel):
    """A part of the document: a misspelt word in it is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Receiver(_Part):
    """The C-STORE receiver.

    Attributes:
        port: to listen at; 0 takes a free one.
        host: address to listen at.
        title: our AE title; with ``strict`` callers must name it.
        peers: AE titles that may call; empty for all.
        associations: at once.
        certificate, key, authority: PEM files for TLS; with ``authority`` callers need a certificate of it.
        issuer: who numbers the patients, where an object does not say so.
    """

    port: Port = 11112
    host: str = "127.0.0.1"
    title: Title = "CUTIS"
    strict: bool = False
    peers: tuple[Title, ...] = ()
    associations: Annotated[int, Field(ge=1, le=256)] = 16
    seconds: Seconds = 60.0
    certificate: Path | None = None
    key: Path | None = None
    authority: Path | None = None
    issuer: Issuer = ""

    @model_validator(mode="after")
    def _both(self) -> Receiver:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together; give both, or neither")
        return self


class Folder(_Part):
    """A folder into which cameras put photos. Nothing in it is changed.

    Attributes:
        patient: regular expression on the path below the folder; its group ``patient`` is who it is, and
            its groups ``site`` and ``side``, where it has them, are where on the body.
        settle: seconds that a file must have stayed as it is.
        modality: of all photos in it.
        issuer: who numbers the patients.
    """

    name: Name
    path: Path
    patient: str = FROM_FOLDER
    settle: Seconds = 5.0
    modality: Kind = "clinical"
    issuer: Issuer = ""

    @field_validator("patient")
    @classmethod
    def _names_a_patient(cls, value: str) -> str:
        try:
            groups = re.compile(value).groupindex
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from error
        if "patient" not in groups:
            raise ValueError("has no group (?P<patient>...), so nobody would be on the photos")
        return value


class Web(_Part):
    """A DICOMweb server: asked for new photos where ``every`` is given, and sent results.

    Attributes:
        url: of its services, such as ``https://pacs.example/dicom-web``.
        token_file: with a bearer token, read anew for each request.
        every: seconds between two questions for new photos; None never asks.
        query: of QIDO-RS, such as ``ModalitiesInStudy = "XC"``.
        modalities: of series that are fetched.
    """

    name: Name
    url: Address
    token_file: Path | None = None
    every: Seconds | None = None
    query: dict[str, str] = {}
    modalities: tuple[str, ...] = ("XC", "DMS")
    seconds: Seconds = 30.0
    issuer: Issuer = ""


class Node(_Part):
    """A DICOM node to which results are sent by C-STORE.

    Attributes:
        title: its AE title.
        authority: PEM file of who signs its certificate; with it, or with ``tls``, TLS is spoken.
        certificate, key: of ours, where it asks for one.
    """

    name: Name
    host: str
    port: Port
    title: Title = "ANY-SCP"
    calling: Title = "CUTIS"
    seconds: Seconds = 30.0
    tls: bool = False
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class Record(_Part):
    """A FHIR server: asked for new photos where ``every`` is given, and sent reports.

    Attributes:
        release: of FHIR.
        every: seconds between two questions for new photos; None never asks.
        kinds: of resources that hold photos.
        identifier_system: of the patients' numbers; with it a patient of another source is found there, and
            a patient from there is known to archives.
        issuer: what other sources call who gives those numbers.
        client_id, token_url, key_file: of backend services; the key is a JSON Web Key.
        scope: that is asked for.
        embed: photos themselves go into the report; otherwise their checksums and places only.
        launch: may open cutis from within a patient's record, as which client and into which study.
    """

    name: Name
    url: Address
    release: Literal["R4", "R5"] = "R4"
    every: Seconds | None = None
    kinds: tuple[Literal["Media", "DocumentReference"], ...] = ("Media",)
    identifier_system: str = ""
    issuer: Issuer = ""
    modality: Kind = "clinical"
    client_id: str = ""
    token_url: str = ""
    key_file: Path | None = None
    scope: str = "system/Patient.rs system/Media.crs system/Observation.crs system/DiagnosticReport.crs"
    seconds: Seconds = 30.0
    embed: bool = False
    launch_client_id: str = ""
    launch_secret_file: Path | None = None
    launch_study: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Record:
        given = [bool(self.client_id), bool(self.token_url), self.key_file is not None]
        if any(given) and not all(given):
            raise ValueError("client_id, token_url and key_file go together; give all, or none")
        if bool(self.launch_client_id) != bool(self.launch_study):
            raise ValueError("launch_client_id and launch_study go together; give both, or neither")
        return self


class Rule(_Part):
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


class Sending(_Part):
    """How results are sent.

    Attributes:
        tries: of each receiver, before its results become a dead letter.
        first_wait: seconds before the second try; twice as long before each further one.
        longest_wait: seconds.
    """

    tries: Annotated[int, Field(ge=1, le=1000)] = 12
    first_wait: Seconds = 5.0
    longest_wait: Seconds = 900.0


class HookCaller(_Part):
    """A record that may ask for cards; ``keys_file`` is its public JSON Web Key Set."""

    issuer: str
    keys_file: Path
    tenants: tuple[str, ...] = ()


class Hooks(_Part):
    """CDS Hooks.

    Attributes:
        callers: records that may ask.
        open_to_all: everybody may, which is for trying out only.
        prevalence: share of patients with a rash after such a drug who have a severe reaction.
    """

    callers: tuple[HookCaller, ...] = ()
    open_to_all: bool = False
    prevalence: Annotated[float, Field(gt=0, lt=1)] | None = None


class Rules(_Part):
    """The whole document."""

    receiver: Receiver | None = None
    folders: tuple[Folder, ...] = ()
    dicomweb: tuple[Web, ...] = ()
    nodes: tuple[Node, ...] = ()
    records: tuple[Record, ...] = ()
    rules: tuple[Rule, ...] = ()
    sending: Sending = Sending()
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
