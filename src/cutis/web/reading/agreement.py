"""How a study of readers goes: who has read how much, how far readers agree. Nothing here knows the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cutis.stats.agreement import estimates
from cutis.stats.intervals import Estimate
from cutis.stats.ratings import panel
from cutis.web.database import Member, Participant, Photo, Reader, ReaderStudy, Reading, ReadingCase, User
from cutis.web.reading.adjudication import disagreed
from cutis.web.reading.design import Design
from cutis.web.reading.found import design_of
from cutis.web.reading.tables import WITH, WITHOUT
from cutis.web.words import later

DRAWS = 200
EACH = 10  # with more readers, figures over pairs take too long to be looked at live
TITLES = {
    "exact_agreement": later("Two readers say the same"),
    "cohen_kappa": later("Cohen's kappa, mean of pairs"),
    "quadratic_kappa": later("Quadratic kappa, mean of pairs"),
    "fleiss_kappa": later("Fleiss' kappa"),
    "gwet_ac1": later("Gwet's AC1"),
    "gwet_ac2": later("Gwet's AC2"),
    "krippendorff_alpha_nominal": later("Krippendorff's alpha"),
    "krippendorff_alpha_ordinal": later("Krippendorff's alpha, ordinal"),
}
_CLASSES = ("exact_agreement", "cohen_kappa", "fleiss_kappa", "gwet_ac1", "krippendorff_alpha_nominal")
_GRADES = ("exact_agreement", "quadratic_kappa", "gwet_ac2", "krippendorff_alpha_ordinal")


@dataclass(frozen=True)
class Progress:
    """How far a reader is.

    Attributes:
        of: places; for an adjudicator 0.
        seconds: median for a case; None before the first.
        doubtful: answers whose seconds cannot be right.
        unseen: cases that are of sites to which the reader is not bound, and are not shown.
    """

    reader: Reader
    name: str
    role: str
    of: int
    seconds: float | None
    doubtful: int
    unseen: int


@dataclass(frozen=True)
class Agreement:
    """A figure of agreement of an arm."""

    arm: str
    figure: str
    cases: int
    estimate: Estimate


@dataclass(frozen=True)
class Queue:
    """Disagreement: cases on which readers disagree, and of these the settled ones."""

    cases: int
    settled: int


def progress(session: Session, reading: ReaderStudy) -> list[Progress]:
    """How far everybody is."""
    chosen = (
        select(Reader, User.name, Member.role, Member.sites)
        .join(User, User.id == Reader.user_id)
        .outerjoin(Member, (Member.user_id == User.id) & (Member.study_id == reading.study_id))
        .where(Reader.reader_study_id == reading.id)
        .order_by(Reader.adjudicator, Reader.number)
    )
    at = _cases_by_site(session, reading)
    times: dict[str, list[float]] = {}
    doubtful: dict[str, int] = {}
    answered = select(Reading.reader_id, Reading.seconds, Reading.plausible)
    for reader, seconds, plausible in session.execute(
        answered.where(Reading.reader_study_id == reading.id, Reading.session > 0)
    ):
        times.setdefault(reader, []).append(seconds)
        doubtful[reader] = doubtful.get(reader, 0) + (not plausible)
    return [
        Progress(
            reader,
            name,
            role or "",
            len(reader.order),
            float(np.median(times[reader.id])) if reader.id in times else None,
            doubtful.get(reader.id, 0),
            sum(count for site, count in at.items() if sites and site not in sites),
        )
        for reader, name, role, sites in session.execute(chosen)
    ]


def _cases_by_site(session: Session, reading: ReaderStudy) -> dict[str | None, int]:
    chosen = (
        select(Participant.site_id, func.count(ReadingCase.id))
        .join(Photo, Photo.participant_id == Participant.id)
        .join(ReadingCase, ReadingCase.photo_id == Photo.id)
        .where(ReadingCase.reader_study_id == reading.id)
        .group_by(Participant.site_id)
    )
    return dict(session.execute(chosen).all())


def agreement(session: Session, reading: ReaderStudy) -> list[Agreement]:
    """How far readers agree, arm by arm; none before two of them answered one case."""
    design = design_of(reading)
    corrected = select(Reading.corrects).where(
        Reading.reader_study_id == reading.id, Reading.corrects.is_not(None)
    )
    chosen = (
        select(Reading.reader_id, Reading.case_id, Reading.helped, Reading.answer)
        .join(Reader, Reader.id == Reading.reader_id)
        .where(
            Reading.reader_study_id == reading.id,
            Reading.session > 0,
            Reading.answer != "",
            ~Reader.adjudicator,
            Reading.id.not_in(corrected),
        )
    )
    rows = [(reader, case, helped, answer) for reader, case, helped, answer in session.execute(chosen)]
    told = []
    for helped in (False, True):
        own = [(reader, case, answer) for reader, case, with_, answer in rows if with_ == helped]
        arm = "" if design.help == "none" else (WITH if helped else WITHOUT)
        told += _agreement(design, own, arm)
    return told


def _agreement(design: Design, rows: Sequence[tuple[str, str, str]], arm: str) -> list[Agreement]:
    readers = {reader: n for n, reader in enumerate(sorted({reader for reader, _, _ in rows}))}
    cases = {case: n for n, case in enumerate(sorted({case for _, case, _ in rows}))}
    if len(readers) < 2 or len(rows) == len(cases):
        return []
    ratings = np.full((len(cases), len(readers)), np.nan)
    for reader, case, answer in rows:
        ratings[cases[case], readers[reader]] = design.names.index(answer)
    graded = design.scale == "grades"
    asked = panel(ratings, len(design.names))
    few = len(readers) <= EACH
    found = estimates(asked, DRAWS, np.random.default_rng(0), ordinal=graded, pairs="mean" if few else "none")
    compared = int(np.sum(np.sum(~np.isnan(ratings), axis=1) > 1))
    names = [name for name in (_GRADES if graded else _CLASSES) if name in found]
    return [Agreement(arm, name, compared, found[name]) for name in names if not isnan(found[name].value)]


def queue(session: Session, reading: ReaderStudy) -> Queue:
    """What there is to settle, and what is settled."""
    design = design_of(reading)
    settled = session.scalar(
        select(func.count(func.distinct(Reading.case_id)))
        .join(Reader, Reader.id == Reading.reader_id)
        .where(Reading.reader_study_id == reading.id, Reader.adjudicator, Reading.answer != "")
    )
    return Queue(len(disagreed(session, reading, design)), settled or 0)


def truths(cases: Sequence[ReadingCase]) -> dict[str, int]:
    """How many cases there are of each truth, without training."""
    told: dict[str, int] = {}
    for case in cases:
        if not case.training:
            told[case.truth] = told.get(case.truth, 0) + 1
    return told
