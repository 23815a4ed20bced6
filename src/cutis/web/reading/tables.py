"""What readers said, as the tables of the contract: predictions, truth, readings, everything."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Participant, Photo, ReaderStudy, Reading, ReadingCase
from cutis.web.reading.cases import safe
from cutis.web.reading.design import Design
from cutis.web.reading.found import design_of
from cutis.web.reading.rows import Row, rows_of, standing
from cutis.web.words import later

WITHOUT, WITH = later("without help"), later("with help")
Cell = str | int | float | None


def predictions(
    design: Design, cases: Sequence[ReadingCase], rows: Sequence[Row], *, unaided: bool = False
) -> str:
    """The predictions table of the contract.

    Args:
        design: of the study of readers.
        cases: all of them.
        rows: every answer.
        unaided: leave out what was read with help, so that each reader is one source.

    A reader with and without help is two sources. Of two classes with confidence, the probability of the
    answer is one half for a guess and 1 for certainty, evenly between; else readers give none. The model that
    was shown as help is a source too.
    """
    helps = [case for case in cases if case.help and not case.training and case.photo_id]
    scored = bool(helps) or _probabilities(design)
    scores = [f"p_{name}" for name in design.names] if scored else []
    patients = {row.case.id: row.patient for row in rows}
    out = _Table(
        "image_id", "patient_id", "source", "kind", "prediction", *scores, "confidence", "seconds", "case"
    )
    for row in standing(rows):
        if unaided and row.reading.helped:
            continue
        told = probabilities(design, row.reading)
        out.add(
            row.photo,
            safe(row.patient),
            row.reader.pseudonym if unaided else source(design, row),
            "reader",
            row.reading.answer,
            *([told.get(name) for name in design.names] if scored else []),
            row.reading.confidence,
            round(row.reading.seconds, 1),
            row.number,
        )
    for case in helps:
        told = case.help["probabilities"]
        best = int(design.labels.decide([told[name] for name in design.names]))
        out.add(
            case.photo_id,
            safe(patients.get(case.id, case.photo_id or "")),
            case.help["source"],
            "model",
            design.names[best],
            *(told[name] for name in design.names),
            None,
            None,
            case.number,
        )
    return out.text()


def source(design: Design, row: Row) -> str:
    """The reader's pseudonym; with the arm where there are two."""
    if design.help == "none":
        return row.reader.pseudonym
    return f"{row.reader.pseudonym} {WITH if row.reading.helped else WITHOUT}"


def _probabilities(design: Design) -> bool:
    return len(design.names) == 2 and design.confidence != "none"


def probabilities(design: Design, reading: Reading) -> dict[str, float]:
    """What a reader's answer and confidence say of each class; nothing where they do not say it."""
    sure = design.sure(reading.confidence)
    if sure is None or not _probabilities(design):
        return {}
    other = next(name for name in design.names if name != reading.answer)
    chosen = round(0.5 + sure / 2, 4)
    return {reading.answer: chosen, other: round(1 - chosen, 4)}


def truth(design: Design, session: Session, cases: Sequence[ReadingCase]) -> str:
    """The truth as a manifest; photos that were withdrawn are not in it."""
    chosen = (
        select(Photo.id, Photo.kind, Participant.pseudonym)
        .join(Participant, Participant.id == Photo.participant_id)
        .join(ReadingCase, ReadingCase.photo_id == Photo.id)
        .where(ReadingCase.reader_study_id == cases[0].reader_study_id)
    )
    known = {photo: (kind, pseudonym) for photo, kind, pseudonym in session.execute(chosen)}
    out = _Table("image", "image_id", "patient_id", "truth", "case")
    for case in cases:
        if case.photo_id in known and not case.training and case.truth:
            kind, pseudonym = known[case.photo_id]
            out.add(f"{case.photo_id}.{kind}", case.photo_id, safe(pseudonym), case.truth, case.number)
    return out.text()


def readings(design: Design, rows: Sequence[Row]) -> str:
    """The table of `cutis mrmc`: truth and rating of the class that is looked for, or of the grade.

    Of classes, the rating is how sure the reader is that it is this class (1 without confidence), negative
    where another was answered; of grades it is the grade.
    """
    out = _Table("reader", "treatment", "case", "truth", "rating", "patient_id", "seconds")
    for row in standing(rows):
        positive = is_positive(design, row.case.truth)
        if positive is None:
            continue
        treatment = WITH if row.reading.helped else WITHOUT
        rating = _rating(design, row.reading)
        seconds = round(row.reading.seconds, 1)
        out.add(
            row.reader.pseudonym, treatment, row.number, int(positive), rating, safe(row.patient), seconds
        )
    return out.text()


def is_positive(design: Design, truth: str) -> bool | None:
    """The truth is the class that is looked for, or a grade from there on; None where none is named."""
    if not truth or not (design.positive if design.scale == "grades" else design.looked_for):
        return None
    if design.scale == "grades":
        return int(truth) >= int(design.positive)
    return truth == design.looked_for


def _rating(design: Design, reading: Reading) -> float:
    if design.scale == "grades":
        return float(reading.answer)
    sure = design.sure(reading.confidence)
    size = 1.0 if sure is None else round(0.5 + sure / 2, 4)
    return size if reading.answer == design.looked_for else -size


def everything(rows: Sequence[Row]) -> str:
    """Every answer that was ever given, training and corrected ones too."""
    out = _Table(
        "reader", "case", "image_id", "patient_id", "place", "session", "help", "answer", "confidence",
        "seconds", "seconds_plausible", "counts", "truth", "answered", "id", "corrects", "regions",
    )  # fmt: skip
    counting = {
        row.reading.id for adjudicators in (False, True) for row in standing(rows, adjudicators=adjudicators)
    }
    for row in rows:
        one = row.reading
        out.add(
            row.reader.pseudonym,
            row.number,
            row.photo,
            safe(row.patient),
            one.place,
            "training" if one.session == 0 else one.session,
            _yes(one.helped),
            one.answer,
            one.confidence,
            round(one.seconds, 1),
            _yes(one.plausible),
            _yes(one.id in counting),
            row.case.truth,
            one.created.isoformat(timespec="seconds"),
            one.id,
            one.corrects,
            json.dumps(one.regions, separators=(",", ":")) if one.regions else None,
        )
    return out.text()


def consensus(design: Design, cases: Sequence[ReadingCase], rows: Sequence[Row]) -> str:
    """One answer for each case, and how it came about, with columns ``rater_...`` for `cutis data raters`."""
    raters = sorted({row.reader.pseudonym for row in standing(rows)})
    said: dict[str, dict[str, str]] = defaultdict(dict)
    patients = {row.case.id: row.patient for row in rows}
    for row in standing(rows):
        said[row.case.id][row.reader.pseudonym] = row.reading.answer
    settled = {row.case.id: row.reading.answer for row in standing(rows, adjudicators=True)}
    out = _Table(
        "image", "image_id", "patient_id", "consensus", "how", "case", *(f"rater_{name}" for name in raters)
    )
    for case in cases:
        if case.photo_id and not case.training:
            given = said[case.id]
            answer, how = agreed(design, list(given.values()), settled.get(case.id))
            patient = safe(patients.get(case.id, case.photo_id))
            own = [given.get(name) for name in raters]
            out.add(case.photo_id, case.photo_id, patient, answer, how, case.number, *own)
    return out.text()


def agreed(design: Design, given: Sequence[str], settled: str | None) -> tuple[str | None, str]:
    """One answer from several, and how: ``agreed``, ``adjudicated``, ``majority`` or ``open``.

    Of grades that the design does not call a disagreement, a tie goes to the lower grade.
    """
    if settled:
        return settled, "adjudicated"
    if not given:
        return None, "open"
    votes = Counter(given).most_common()
    if len(votes) == 1:
        return votes[0][0], "agreed"
    best = [name for name, count in votes if count == votes[0][1]]
    if len(best) == 1:
        return best[0], "majority"
    return (min(best, key=design.names.index), "majority") if design.scale == "grades" else (None, "open")


def files(session: Session, reading: ReaderStudy, *, unaided: bool = False) -> Iterator[tuple[str, str]]:
    """Every table of a closed study of readers, by file name; see `predictions`."""
    design = design_of(reading)
    rows = rows_of(session, reading)
    cases = list(
        session.scalars(
            select(ReadingCase).where(ReadingCase.reader_study_id == reading.id).order_by(ReadingCase.number)
        )
    )
    yield "predictions.csv", predictions(design, cases, rows, unaided=unaided)
    if design.purpose == "measure":
        yield "truth.csv", truth(design, session, cases)
        if any(is_positive(design, case.truth) is not None for case in cases):
            yield "readings.csv", readings(design, rows)
    else:
        yield "consensus.csv", consensus(design, cases, rows)
    yield "answers.csv", everything(rows)


class _Table:
    """A CSV table that is being written."""

    def __init__(self, *names: str) -> None:
        self._out = io.StringIO()
        self._rows = csv.writer(self._out, lineterminator="\n")
        self._rows.writerow(names)

    def add(self, *cells: Cell) -> None:
        """A row."""
        self._rows.writerow(["" if cell is None else cell for cell in cells])

    def text(self) -> str:
        """All of it."""
        return self._out.getvalue()


def _yes(value: bool) -> str:
    return "yes" if value else "no"
