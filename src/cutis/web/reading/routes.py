"""Pages of studies of readers, for who makes and follows them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from cutis.web.database import Member, Reader, ReaderStudy, Study, User
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, Filled, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.reading import agreement, cases, changes, forms, reports
from cutis.web.reading.design import Design, checked, first_design, one_question_tasks
from cutis.web.reading.downloads import as_file, file_of
from cutis.web.reading.found import Reading, design_of, reader_study
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Read = Annotated[Access, needs(Permission.READ_CASES)]
Manage = Annotated[Access, needs(Permission.MANAGE_READINGS)]
PER_PAGE = 60


@router.get("/studies/{study}/readings")
def readings(request: Request, held: Held, access: Read) -> Response:
    """The studies of readers: all of them for who manages them, else one's own."""
    with held.database.reading() as session:
        listed = _listed(session, access)
        return page(
            request,
            "reading/readings.html",
            study=session.get_one(Study, access.study),
            listed=listed,
            beginnings=_beginnings() if access.may(Permission.MANAGE_READINGS) else [],
        )


@router.post("/studies/{study}/readings")
def make(held: Held, access: Manage, form: Filled) -> Response:
    """A new study of readers."""
    title, begin = form.text("title", called=_("title")), form.text("begin", most=60, needed=False)
    made = changes.make(held, access, title, beginning(begin))
    return RedirectResponse(f"/studies/{access.study}/readings/{made.id}", 303)


@router.get("/studies/{study}/readings/{reading}")
def reading_page(request: Request, held: Held, access: Manage, reading: Reading) -> Response:
    """A study of readers: what it lacks, how it goes, what came of it."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        design, listed = design_of(found), cases.cases_of(session, found)
        draft = found.state == "draft"
        report = reports.newest(session, found)
        return page(
            request,
            "reading/reading.html",
            study=session.get_one(Study, access.study),
            reading=found,
            design=design,
            cases=listed,
            truths=agreement.truths(listed),
            lacking=changes.lacking(session, found) if draft else [],
            progress=agreement.progress(session, found),
            agreement=[] if draft else agreement.agreement(session, found),
            titles=agreement.TITLES,
            queue=agreement.queue(session, found),
            candidates=_candidates(session, found),
            report=report,
            files=reports.file_names(session, report),
            tables=_table_names(design),
        )


@router.get("/studies/{study}/readings/{reading}/design")
def design_page(request: Request, held: Held, access: Manage, reading: Reading) -> Response:
    """The form of a design."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        return page(
            request,
            "reading/design.html",
            study=session.get_one(Study, access.study),
            reading=found,
            title=found.title,
            design=design_of(found),
        )


@router.post("/studies/{study}/readings/{reading}/design")
def design(request: Request, held: Held, access: Manage, reading: Reading, form: Filled) -> Response:
    """Another design of a draft; what does not hold is shown again, with the reason."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        study, before = session.get_one(Study, access.study), design_of(found)
    title, values = form.text("title", called=_("title")), forms.design_values(form, before)
    try:
        changes.redesign(held, access, reading, title, checked(values))
    except RefusedError as error:
        return page(
            request,
            "reading/design.html",
            status=error.status,
            study=study,
            reading=found,
            title=title,
            design=forms.as_typed(before, values),
            problem=error.words,
        )
    return _back(access, reading)


@router.get("/studies/{study}/readings/{reading}/cases")
def cases_page(request: Request, held: Held, access: Manage, reading: Reading, skip: int = 0) -> Response:
    """The cases with their truth."""
    skip = max(0, min(skip, cases.MOST))
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        listed = cases.cases_of(session, found)
        left = cases.photos_left(session, found)
        return page(
            request,
            "reading/cases.html",
            study=session.get_one(Study, access.study),
            reading=found,
            design=design_of(found),
            listed=listed[skip : skip + PER_PAGE],
            count=len(listed),
            skip=skip,
            more=skip + PER_PAGE if len(listed) > skip + PER_PAGE else 0,
            left=left[:PER_PAGE],
            left_count=len(left),
        )


@router.get("/studies/{study}/readings/{reading}/cases.csv")
def cases_table(held: Held, access: Manage, reading: Reading) -> Response:
    """All photos of the study as a table, to be filled in."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        return as_file("cases.csv", cases.table_to_fill_in(session, found).encode())


@router.post("/studies/{study}/readings/{reading}/cases")
def put_cases(held: Held, access: Manage, reading: Reading, form: Filled) -> Response:
    """Add photos (``add``: ``all``, or several ``photo``), set truths (``truth-ID``), or send a ``table``."""
    with held.database.reading() as session:
        found = reader_study(session, access.study, reading)
        design, left = design_of(found), cases.photos_left(session, found)
    table = form.data.get("table")
    if isinstance(table, UploadFile):
        asked = cases.read_table(design, _text(table))
    elif form.text("add", most=10, needed=False) == "all":
        asked = [cases.Asked(photo) for photo in left]
    else:
        asked = _chosen(form.data)
    if not asked:
        raise RefusedError(422, _("No photo was chosen. Tick some, or send a table."))
    cases.put(held, access, reading, asked)
    return RedirectResponse(f"/studies/{access.study}/readings/{reading}/cases", 303)


@router.post("/studies/{study}/readings/{reading}/cases/{case}/drop")
def drop_case(held: Held, access: Manage, reading: Reading, case: str) -> Response:
    """Take a case out of a draft."""
    cases.drop(held, access, reading, case)
    return RedirectResponse(f"/studies/{access.study}/readings/{reading}/cases", 303)


@router.post("/studies/{study}/readings/{reading}/readers")
def add_readers(held: Held, access: Manage, reading: Reading, form: Filled) -> Response:
    """Make members readers: several ``user``, or all who are readers of the study."""
    users = [one for one in form.data.getlist("user") if isinstance(one, str)]
    everybody = form.text("add", most=10, needed=False) == "all"
    if not users and not everybody:
        raise RefusedError(422, _("Nobody was chosen. Tick some members."))
    adjudicator = form.text("as", most=20, needed=False) == "adjudicator"
    changes.add_readers(held, access, reading, [] if everybody else users, adjudicator=adjudicator)
    return _back(access, reading)


@router.post("/studies/{study}/readings/{reading}/readers/{reader}/remove")
def remove_reader(held: Held, access: Manage, reading: Reading, reader: str) -> Response:
    """Take a reader out of a draft."""
    changes.remove_reader(held, access, reading, reader)
    return _back(access, reading)


@router.post("/studies/{study}/readings/{reading}/open")
def open_(held: Held, access: Manage, reading: Reading) -> Response:
    """Freeze the design, and let the readers in."""
    changes.open_(held, access, reading)
    return _back(access, reading)


@router.post("/studies/{study}/readings/{reading}/close")
def close(held: Held, access: Manage, reading: Reading) -> Response:
    """End the reading."""
    changes.close(held, access, reading)
    return _back(access, reading)


@router.post("/studies/{study}/readings/{reading}/report")
def report(held: Held, access: Manage, reading: Reading) -> Response:
    """Make the reports."""
    reports.begin(held, access, reading)
    return _back(access, reading)


@router.get("/studies/{study}/readings/{reading}/files/{file}")
def file(held: Held, access: Manage, reading: Reading, file: str, download: bool = False) -> Response:
    """A table, a report, the design, or all tables in one file."""
    return file_of(held, access, reading, file, download=download)


def beginning(begin: str) -> Design:
    """The first design of a kind: ``measure``, ``rate``, or one with a task, ``measure:dermoscopy``."""
    purpose, _mark, task = begin.partition(":")
    return first_design("rate" if purpose == "rate" else "measure", task)


def _beginnings() -> list[tuple[str, str]]:
    from cutis.tasks import get_task

    told = [("measure", _("Measure readers: benign or malignant"))]
    tasks = [name for name in one_question_tasks() if name != "image_quality"]
    measure = _("Measure readers: %(task)s")
    told += [(f"measure:{name}", measure % {"task": _(get_task(name).title)}) for name in tasks]
    told.append(("rate", _("Rate photos: grades 0 to 4")))
    told.append(("rate:image_quality", _("Rate photos: image quality")))
    return told


def _listed(session: Session, access: Access) -> list[tuple[ReaderStudy, Reader | None, int, int]]:
    """Study of readers, what one is in it, readers, and how many of them are done."""
    chosen = select(ReaderStudy).where(ReaderStudy.study_id == access.study)
    manages = access.may(Permission.MANAGE_READINGS)
    told = []
    for one in session.scalars(chosen.order_by(ReaderStudy.created.desc())):
        readers = session.scalars(select(Reader).where(Reader.reader_study_id == one.id)).all()
        own = next((each for each in readers if each.user_id == access.user), None)
        counted = [each for each in readers if not each.adjudicator]
        if manages or (own is not None and one.state != "draft"):
            done = sum(bool(each.order) and each.done >= len(each.order) for each in counted)
            told.append((one, own, len(counted), done))
    return told


def _candidates(session: Session, reading: ReaderStudy) -> list[tuple[str, str, str]]:
    """Members who are not readers yet: identity, name, role."""
    taken = select(Reader.user_id).where(Reader.reader_study_id == reading.id)
    chosen = (
        select(User.id, User.name, Member.role)
        .join(Member, Member.user_id == User.id)
        .where(Member.study_id == reading.study_id, User.id.not_in(taken))
        .order_by(Member.role.desc(), User.name)
    )
    return [(user, name, role) for user, name, role in session.execute(chosen)]


def _table_names(design: Design) -> list[str]:
    if design.purpose == "rate":
        return ["consensus.csv", "predictions.csv", "answers.csv"]
    mrmc = design.positive if design.scale == "grades" else design.looked_for
    return ["predictions.csv", "truth.csv", *(["readings.csv"] if mrmc else []), "answers.csv"]


def _chosen(data: FormData) -> list[cases.Asked]:
    """Photos that were ticked, and truths that were chosen."""
    asked = [cases.Asked(one) for one in data.getlist("photo") if isinstance(one, str)]
    for name, value in data.multi_items():
        if name.startswith("truth-") and isinstance(value, str):
            photo = name.removeprefix("truth-")
            asked.append(cases.Asked(photo, value, data.get(f"training-{photo}") == "yes"))
    return asked


def _text(file: UploadFile) -> str:
    data = file.file.read(5_000_001)
    try:
        if len(data) <= 5_000_000:
            return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise RefusedError(422, _("The table cannot be read. Save it as CSV in UTF-8, up to 5 MB."))


def _back(access: Access, reading: str) -> Response:
    return RedirectResponse(f"/studies/{access.study}/readings/{reading}", 303)
