"""Files of a study of readers: its design, its tables and its reports."""

from __future__ import annotations

import io
import json
import zipfile

from fastapi import Response
from sqlalchemy.orm import Session

from cutis.web.database import ReaderStudy
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading import reports, tables
from cutis.web.reading.found import CLOSED, reader_study
from cutis.web.words import _

TABLES = ("predictions.csv", "truth.csv", "readings.csv", "consensus.csv", "answers.csv")


def file_of(held: Platform, access: Access, reading: str, name: str, *, download: bool = True) -> Response:
    """A file of a study of readers; all but the design only when it is closed.

    Raises:
        RefusedError: there is no such file, or not yet.
    """
    with held.database.reading() as session:  # thousands of answers take a while: others may write meanwhile
        found = reader_study(session, access.study, reading)
        if name == "design.json":
            told = {"title": found.title, "digest": found.digest, "design": found.design}
            return as_file(name, (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode())
        if name not in (*reports.PAGES, *TABLES, "tables.zip"):
            raise RefusedError(404)
        reader_study(session, access.study, reading, CLOSED)
        data = _content(session, found, name)
    held.audit.note(
        held.database, "reading.file", who=access.user, study=access.study, subject=reading, name=name
    )
    if name.endswith(".html") and not download:
        return reports.as_page(data, name)
    return as_file(name, data)


def _content(session: Session, reading: ReaderStudy, name: str) -> bytes:
    if name in reports.PAGES:
        return reports.content(session, reading, name)
    written = dict(tables.files(session, reading))
    if name == "tables.zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for own, text in written.items():
                packed.writestr(own, text)
            packed.writestr("design.json", json.dumps(reading.design, indent=1, ensure_ascii=False))
        return out.getvalue()
    if name not in written:
        raise RefusedError(409, _("This study of readers has no such table."), title=_("Not possible now"))
    return written[name].encode()


def as_file(name: str, data: bytes) -> Response:
    """A file to be kept."""
    kinds = {"csv": "text/csv; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
    suffix = name.rpartition(".")[2]
    media = kinds.get(suffix, "application/octet-stream")
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "private, no-store",
    }
    return Response(data, media_type=media, headers=headers)
