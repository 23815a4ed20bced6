"""The reports of a closed study of readers: made on the side, kept, and shown so that they can do nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

from fastapi import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Photo, ReaderStudy, ReadingCase, ReadingFile, ReadingReport
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading import tables
from cutis.web.reading.found import CLOSED, design_of, reader_study
from cutis.web.words import _

MAKING, DONE, FAILED = "making", "done", "failed"
PAGES = ("evidence.html", "evidence.pdf", "mrmc.html", "mrmc.pdf", "report.html", "metrics.json", "mrmc.json")
DRAWS = 2000  # of patients, for the intervals
_SECONDS = 900  # that a making may take
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def begin(held: Platform, access: Access, reading: str) -> tuple[ReadingReport, threading.Thread | None]:
    """Begin to make the reports; they are made while the server goes on.

    Returns:
        The making, and the thread that is at it; none where one was going on already.

    Raises:
        RefusedError: the study is not closed, or has no truth to measure by.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        found = reader_study(session, access.study, reading, CLOSED)
        if design_of(found).purpose != "measure":
            raise RefusedError(409, _("Ratings have no truth to be measured by; take the consensus."))
        last = newest(session, found)
        if last is not None and last.state == MAKING:
            return last, None
        made = ReadingReport(reader_study_id=found.id, made_by=access.user)
        session.add(made)
        session.flush()
        held.audit.add(
            session, "reading.report", who=access.user, study=access.study, subject=found.id, report=made.id
        )
    thread = threading.Thread(target=_make, args=(held, made.id, reading, access.study), daemon=True)
    thread.start()
    return made, thread


def newest(session: Session, reading: ReaderStudy) -> ReadingReport | None:
    """The newest making; one that was cut off by a stop of the server has failed."""
    chosen = select(ReadingReport).where(ReadingReport.reader_study_id == reading.id)
    found = session.scalar(chosen.order_by(ReadingReport.created.desc()).limit(1))
    if found is not None and found.state == MAKING and found.created < now() - timedelta(seconds=_SECONDS):
        session.expunge(found)  # told so by its time, without a place in the queue of those who write
        found.state, found.said = FAILED, _("It was cut off. Make it again.")
    return found


def file_names(session: Session, report: ReadingReport | None) -> list[tuple[str, int]]:
    """The files of a report with their sizes."""
    if report is None:
        return []
    chosen = select(ReadingFile.name, ReadingFile.size).where(ReadingFile.report_id == report.id)
    return [(name, size) for name, size in session.execute(chosen.order_by(ReadingFile.name))]


def content(session: Session, reading: ReaderStudy, name: str) -> bytes:
    """A file of the newest report that is done.

    Raises:
        RefusedError: there is none.
    """
    chosen = (
        select(ReadingFile.content)
        .join(ReadingReport, ReadingReport.id == ReadingFile.report_id)
        .where(
            ReadingReport.reader_study_id == reading.id,
            ReadingReport.state == DONE,
            ReadingFile.name == name,
        )
        .order_by(ReadingReport.created.desc())
        .limit(1)
    )
    found = session.scalar(chosen)
    if found is None:
        raise RefusedError(409, _("There is no such report yet. Make it first."), title=_("Not made yet"))
    return found


def as_page(html: bytes, name: str) -> Response:
    """A report as a page of its own: it may run its own scripts, named by their hashes, in no place of ours.

    The browser takes it for a page of nowhere (``sandbox``): no cookie, nothing to send, nothing to load.
    """
    text = html.decode("utf-8")
    digests = [hashlib.sha256(one.encode()).digest() for one in _SCRIPT.findall(text)]
    scripts = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests) or "'none'"
    policy = (
        f"sandbox allow-scripts allow-modals; default-src 'none'; script-src {scripts}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    headers = {
        "content-security-policy": policy,
        "content-disposition": f'inline; filename="{name}"',
        "cache-control": "private, no-store",
    }
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _make(held: Platform, report: str, reading: str, study: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="cutis-report-"))
    try:
        with held.database.reading() as session:
            found = reader_study(session, study, reading)
            _lay_out(held, session, found, folder)
        subprocess.run(
            [sys.executable, "-m", "cutis.web.reading.build", str(folder)],
            check=True,
            timeout=_SECONDS - 60,
            capture_output=True,
        )
        said = json.loads((folder / "said.json").read_text(encoding="utf-8"))
        if "problem" in said:
            _settle(held, report, FAILED, said["problem"], {})
        else:
            made = {name: folder / "out" / name for name in PAGES}
            kept = {name: file.read_bytes() for name, file in made.items() if file.is_file()}
            _settle(held, report, DONE, " ".join([said["answer"], *said["notes"]]), kept)
    except Exception:  # whatever it was, the page must not say for ever that it is being made
        _settle(
            held,
            report,
            FAILED,
            _("It could not be made. If that stays, tell the administrator."),
            {},
        )
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(held: Platform, session: Session, reading: ReaderStudy, folder: Path) -> None:
    """Write what the reports are made from."""
    design = design_of(reading)
    # With help a reader is no reader alone: that comparison is the other report's.
    for name, text in tables.files(session, reading, unaided=True):
        (folder / name).write_text(text, encoding="utf-8")
    positive = design.looked_for if len(design.names) == 2 else ""
    threshold = _threshold(reading)
    asked = {"positive": positive, "threshold": threshold, "draws": DRAWS}
    (folder / "build.json").write_text(json.dumps(asked), encoding="utf-8")
    chosen = select(Photo).join(ReadingCase, ReadingCase.photo_id == Photo.id)
    for photo in session.scalars(chosen.where(ReadingCase.reader_study_id == reading.id)):
        small = held.store.preview(photo.digest)
        if small.is_file():  # the few that everybody got wrong stand in the report, small
            (folder / f"{photo.id}.{photo.kind}").symlink_to(small.absolute())


def _threshold(reading: ReaderStudy) -> float | None:
    """The rating from which a reader called a case positive."""
    design = design_of(reading)
    if design.scale == "grades":
        return float(design.positive) if design.positive else None
    return 0.0


def _settle(held: Platform, report: str, state: str, said: str, files: dict[str, bytes]) -> None:
    with held.database.writing() as session:
        made = session.get_one(ReadingReport, report)
        made.state, made.said, made.finished = state, said[:4000], now()
        for name, data in files.items():
            session.add(ReadingFile(report_id=report, name=name, size=len(data), content=data))
