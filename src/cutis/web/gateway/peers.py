"""Whom the gateway listens to and sends to, as its document names them: cameras, archives, records."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal["clinical", "dermoscopic", "confocal"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_. -]{1,60}$")]
Title = Annotated[str, Field(pattern=r"^[\x20-\x5b\x5d-\x7e]{1,16}$")]  # of application entities, PS3.5 6.2
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
Issuer = Annotated[str, Field(max_length=64)]
Address = Annotated[str, Field(pattern=r"^https?://[^\s@]+$")]
FROM_FOLDER = r"^(?P<patient>[^/]+)/"  # the folder that a photo lies in is named as its patient


class Part(BaseModel):
    """A part of the document: a misspelt word in it is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Receiver(Part):
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


class Folder(Part):
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


class Web(Part):
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


class Node(Part):
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


class Record(Part):
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
