"""Which photos are read, with their truth: chosen on a page, or by a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Photo, ReaderStudy, ReadingCase
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading.design import Design
from cutis.web.reading.found import DRAFT, design_of, reader_study
from cutis.web.reading.help import Shown, shown
from cutis.web.words import _

MOST = 5000  # cases
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0", "")


@dataclass(frozen=True)
class Asked:
    """A case that is wanted.

    Attributes:
        photo: identity.
        truth: name of an answer; empty for unknown; None leaves what is there.
        training: None leaves what is there.
        help: of a model; empty leaves what is there.
    """

    photo: str
    truth: str | None = None
    training: bool | None = None
    help: Shown = field(default_factory=dict)


def put(held: Platform, access: Access, reading: str, asked: Sequence[Asked]) -> int:
    """Add cases, or change those that are there.

    Returns:
        How many cases there are now.

    Raises:
        RefusedError: the study is not a draft, or a photo or truth does not hold; then nothing is changed.
    """
    with held.database.writing() as session:
        held.audit.lock(session)  # nobody opens it meanwhile
        found = reader_study(session, access.study, reading, DRAFT)
        design = design_of(found)
        _check(session, access.study, design, asked)
        known = {case.photo_id: case for case in cases_of(session, found)}
        number = max((case.number for case in known.values()), default=0)
        for one in asked:
            case = known.get(one.photo)
            if case is None:
                number += 1
                case = ReadingCase(
                    reader_study_id=found.id, number=number, photo_id=one.photo, truth="", training=False
                )
                case.help = {}
                session.add(case)
                known[one.photo] = case
            case.truth = case.truth if one.truth is None else one.truth
            case.training = case.training if one.training is None else one.training
            case.help = one.help or case.help
        if len(known) > MOST:
            raise RefusedError(422, _("There can be %(most)d cases.") % {"most": MOST})
        held.audit.add(
            session, "reading.cases", who=access.user, study=access.study, subject=found.id, cases=len(known)
        )
        return len(known)


def drop(held: Platform, access: Access, reading: str, case: str) -> None:
    """Take a case out of a draft.

    Raises:
        RefusedError: there is no such case, or the study is no draft.
    """
    with held.database.writing() as session:
        held.audit.lock(session)  # nobody opens it meanwhile
        found = reader_study(session, access.study, reading)
        kept = session.scalar(
            select(ReadingCase).where(ReadingCase.id == case, ReadingCase.reader_study_id == found.id)
        )
        if kept is None:
            raise RefusedError(404)
        reader_study(session, access.study, reading, DRAFT)
        session.delete(kept)
        held.audit.add(session, "reading.case_dropped", who=access.user, study=access.study, subject=found.id)


def cases_of(session: Session, reading: ReaderStudy) -> Sequence[ReadingCase]:
    """Its cases, by number."""
    chosen = select(ReadingCase).where(ReadingCase.reader_study_id == reading.id)
    return session.scalars(chosen.order_by(ReadingCase.number)).all()


def photos_left(session: Session, reading: ReaderStudy) -> list[str]:
    """Photos of the study that are no case yet, the oldest first, without those of who withdrew."""
    taken = select(ReadingCase.photo_id).where(
        ReadingCase.reader_study_id == reading.id, ReadingCase.photo_id.is_not(None)
    )
    chosen = (
        select(Photo.id)
        .join(Participant, Participant.id == Photo.participant_id)
        .where(Photo.study_id == reading.study_id, Photo.id.not_in(taken), Participant.state != "withdrawn")
        .order_by(Photo.created, Photo.id)
    )
    return list(session.scalars(chosen))


def counted(session: Session, reading: ReaderStudy) -> int:
    """How many cases there are."""
    chosen = select(func.count(ReadingCase.id)).where(ReadingCase.reader_study_id == reading.id)
    return session.scalar(chosen) or 0


def table_to_fill_in(session: Session, reading: ReaderStudy) -> str:
    """Every photo of the study as a table, with what is known, to be filled in and sent back."""
    known = {case.photo_id: case for case in cases_of(session, reading)}
    chosen = (
        select(Photo.id, Participant.pseudonym)
        .join(Participant, Participant.id == Photo.participant_id)
        .where(Photo.study_id == reading.study_id, Participant.state != "withdrawn")
        .order_by(Participant.pseudonym, Photo.created, Photo.id)
    )
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(("image_id", "patient_id", "truth", "training"))
    for photo, pseudonym in session.execute(chosen):
        case = known.get(photo)
        training = "yes" if case and case.training else ""
        rows.writerow((photo, safe(pseudonym), case.truth if case else "", training))
    return out.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def read_table(design: Design, text: str) -> list[Asked]:
    """Cases from a table.

    Args:
        design: whose answers the truth is one of.
        text: CSV with commas, semicolons or tabs; ``image_id`` and any of ``truth``, ``training``, and
            ``source`` with ``p_<answer>`` for help. In measurements,
            rows without either are left out.

    Raises:
        RefusedError: it does not hold; the first wrong rows are named.
    """
    head = text.lstrip("\ufeff").partition("\n")[0]
    mark = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), delimiter=mark)
    names = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = names
    if "image_id" not in names:
        told = ", ".join(names)[:200] or _("none")
        raise RefusedError(
            422, _("The table has no column 'image_id'; its columns are %(names)s.") % {"names": told}
        )
    scores = [f"p_{name}" for name in design.names]
    helped = all(name in names for name in scores)
    if not helped and "truth" not in names and "training" not in names:
        words = _("The table has neither a column 'truth' nor one 'p_...' for each answer. Add one.")
        raise RefusedError(422, words)
    problems: list[str] = []
    asked: dict[str, Asked] = {}
    for row in rows:
        cells = {
            name: (cell or "").strip() for name, cell in row.items() if isinstance(cell, str | None) and name
        }
        try:
            one = _asked(design, cells, helped)
        except ValueError as error:
            problems.append(f"{_('row')} {rows.line_num}: {error}")
            continue
        if one is None:
            continue
        if one.photo in asked:
            problems.append(f"{_('row')} {rows.line_num}: {_('the photo is there twice')}")
        asked[one.photo] = one
    _raise(problems)
    if not asked:
        raise RefusedError(422, _("No row of the table names a case. Fill in the column 'truth'."))
    return list(asked.values())


def _asked(design: Design, cells: dict[str, str], helped: bool) -> Asked | None:
    truth, training = cells.get("truth"), cells.get("training", "").lower()
    if training not in (*_YES, *_NO):
        raise ValueError(_("training is '%(cell)s', not yes or no") % {"cell": training[:20]})
    if truth and truth not in design.names:
        names = ", ".join(design.names)
        raise ValueError(
            _("truth is '%(cell)s', not one of %(names)s") % {"cell": truth[:40], "names": names}
        )
    given: Shown = {}
    if helped:
        values = [_number(cells[f"p_{name}"]) for name in design.names]
        if abs(sum(values) - 1) > 0.02:
            raise ValueError(_("the probabilities add up to %(sum).2f, not 1") % {"sum": sum(values)})
        source = cells.get("source", "")[:80] or "model"
        given = shown(source, dict(zip(design.names, values, strict=True)), rendered=False)
    if truth == "" and not given and design.purpose == "measure":
        return None
    if "training" in cells:
        return Asked(cells["image_id"], truth or None, training in _YES, given)
    return Asked(cells["image_id"], truth or None, None, given)


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not 0 <= value <= 1:
        raise ValueError(_("'%(cell)s' is no probability from 0 to 1") % {"cell": cell[:20]})
    return value


def _check(session: Session, study: str, design: Design, asked: Sequence[Asked]) -> None:
    """All photos are of the study, all truths are answers."""
    wanted = [one.photo for one in asked]
    there: set[str] = set()
    for start in range(0, len(wanted), 500):
        chosen = select(Photo.id).where(Photo.study_id == study, Photo.id.in_(wanted[start : start + 500]))
        there.update(session.scalars(chosen))
    lost = [one for one in wanted if one not in there]
    if lost:
        told = ", ".join(one[:24] for one in lost[:5])
        words = _("%(count)d of the photos are not in this study: %(told)s. Check the column 'image_id'.")
        raise RefusedError(404, words % {"count": len(lost), "told": told}, title=_("No such photo"))
    for one in asked:
        if one.truth:
            design.choice(one.truth)


def _raise(problems: Iterable[str]) -> None:
    told = list(problems)
    if told:
        more = "\n" + _("and %(count)d more rows") % {"count": len(told) - 8} if len(told) > 8 else ""
        raise RefusedError(422, "\n".join((_("The table does not hold:"), *told[:8])) + more)
