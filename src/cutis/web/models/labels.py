"""What is known of a study's photos: tables that somebody brings, the newest line of a photo counts."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import Photo, PhotoLabel, ReaderStudy
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.reading.found import CLOSED, design_of
from cutis.web.reading.rows import rows_of, standing
from cutis.web.reading.tables import agreed
from cutis.web.words import _

_PHOTO = ("photo", "photo_id", "image_id", "digest")
_MOST = 20_000  # lines
_TOLD = 10  # of the lines that do not hold


def truth_of(session: Session, study: str, task: str) -> dict[str, str]:
    """Identity of a photo -> its label for a task, as it was said last."""
    chosen = select(PhotoLabel).where(PhotoLabel.study_id == study, PhotoLabel.task == task)
    ordered = chosen.order_by(PhotoLabel.created, PhotoLabel.id)
    return {one.photo_id: one.label for one in session.scalars(ordered)}


Line = tuple[int, str, str]  # number of the line, photo, label


def add_lines(
    held: Platform,
    access: Access,
    task: str,
    names: Collection[str],
    lines: list[Line],
    *,
    source: str = "table",
) -> int:
    """Keep labels, all of them or none.

    Args:
        held: the platform.
        access: who brings it, and to which study.
        task: that the labels are of.
        names: labels that the task has.
        lines: number, photo (identity or SHA-256) and label.
        source: where they come from, ``table`` or ``reading``.

    Returns:
        How many were kept.

    Raises:
        RefusedError: lines do not hold; nothing is kept.
    """
    unknown = [number for number, _photo, label in lines if label not in names]
    if unknown:
        raise RefusedError(
            422,
            _("These lines have another label than %(names)s: %(lines)s. Nothing was kept.")
            % {"names": ", ".join(names), "lines": _listed(unknown)},
        )
    with held.database.writing() as session:
        places = _places(session, access.study)
        wrong = [line for line, photo, _label in lines if photo not in places]
        if wrong:
            raise RefusedError(
                422,
                _("These lines name no photo of this study: %(lines)s. Nothing was kept.")
                % {"lines": _listed(wrong)},
            )
        for _line, photo, label in lines:
            session.add(
                PhotoLabel(
                    study_id=access.study,
                    photo_id=places[photo],
                    task=task,
                    label=label,
                    source=source,
                    made_by=access.user,
                )
            )
        held.audit.add(
            session,
            "labels.added",
            who=access.user,
            study=access.study,
            task=task,
            lines=len(lines),
            source=source,
        )
    return len(lines)


def closed_readings(session: Session, study: str) -> list[ReaderStudy]:
    """The reader studies of a study that are closed, whose answers are final."""
    chosen = select(ReaderStudy).where(ReaderStudy.study_id == study, ReaderStudy.state == CLOSED)
    return list(session.scalars(chosen.order_by(ReaderStudy.created)))


def lines_of_reading(session: Session, study: str, reading: str) -> list[Line]:
    """What readers agreed on without help, or somebody settled, by case; see `cutis.web.reading.tables`.

    Raises:
        RefusedError: there is no such reading, it is not closed, or nobody agreed on anything.
    """
    found = next((one for one in closed_readings(session, study) if one.id == reading), None)
    if found is None:
        raise RefusedError(404, _("There is no closed reading of this kind in this study."))
    design, rows = design_of(found), rows_of(session, found)
    given: dict[str, list[str]] = {}
    for row in standing(rows):
        if not row.reading.helped:  # what was read beside a model's answer says too much of that model
            given.setdefault(row.case.id, []).append(row.reading.answer)
    settled = {row.case.id: row.reading.answer for row in standing(rows, adjudicators=True)}
    cases = {row.case.id: row.case for row in rows if row.case.photo_id and not row.case.training}
    answers = {case: agreed(design, given.get(case, []), settled.get(case))[0] for case in cases}
    lines = [
        (cases[case].number, cases[case].photo_id or "", answer) for case, answer in answers.items() if answer
    ]
    if not lines:
        raise RefusedError(422, _("The readers agreed on no photo."))
    return sorted(lines)


def read_table(data: bytes) -> list[Line]:
    """Number of the line, photo and label of each line of a table that is filled in.

    Args:
        data: CSV with a column ``photo`` (identity, or SHA-256 of the photo) and a column ``label``.

    Raises:
        RefusedError: it is no such table.
    """
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        sign = max(",;\t", key=first.count)
        lines = list(csv.reader(io.StringIO(text), delimiter=sign, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RefusedError(
            422, _("This is not a table: a CSV file in UTF-8 with a line of headings is taken.")
        ) from error
    heads = [cell.strip().lower() for cell in lines[0]] if lines else []
    photo = next((heads.index(name) for name in _PHOTO if name in heads), None)
    label = heads.index("label") if "label" in heads else None
    if photo is None or label is None:
        raise RefusedError(422, _("The table needs a column 'photo' and a column 'label'."))
    if len(lines) > _MOST:
        raise RefusedError(422, _("The table has more than %(n)s lines. Bring it in parts.") % {"n": _MOST})
    found: list[Line] = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) > max(photo, label) and cells[photo].strip() and cells[label].strip():
            found.append((number, cells[photo].strip(), cells[label].strip()))
    if not found:
        raise RefusedError(422, _("No line of the table has a label."))
    return found


def _listed(lines: list[int]) -> str:
    more = len(lines) - _TOLD
    return ", ".join(map(str, lines[:_TOLD])) + (f" (+{more})" if more > 0 else "")


def _places(session: Session, study: str) -> dict[str, str]:
    """Identities and hashes of a study's photos -> identity."""
    found = session.execute(select(Photo.id, Photo.digest).where(Photo.study_id == study)).all()
    return {one.digest: one.id for one in found} | {one.id: one.id for one in found}
