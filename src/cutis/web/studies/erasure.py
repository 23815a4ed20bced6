"""What withdrawal deletes: everything that hangs on a participant's photos, and the pixels themselves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from cutis.web.database import Answers, Participant, Photo, Row
from cutis.web.database.within import EVERYWHERE
from cutis.web.platform import Platform

# What of a participant stays: the pseudonym, so that nobody is asked again, and that there was consent.
_KEPT = frozenset({"participants", "consents"})
# Rows that stay without their photo, since they say what was done once, and what of them names a person.
_BLANKED = {"deliveries": ("issuer", "patient", "subject")}
MAPS = "maps"  # folder of tiles that `cutis.web.analyse.mosaics` makes from photos


@dataclass(frozen=True)
class Done:
    """What was deleted or locked.

    Attributes:
        shared: photos of which another one has the same pixels.
        files: digest and kind of photos whose files are to go.
        marks: names in the store that let `Store.recover` finish after a crash.
    """

    photos: int = 0
    answers: int = 0
    analyses: int = 0
    shared: int = 0
    files: tuple[tuple[str, str], ...] = ()
    marks: tuple[str, ...] = field(default=())


def lock(held: Platform, session: Session, participant: Participant) -> Done:
    """Count what there is of a participant; all of it stays, and is shown and exported no more."""
    photos = list(session.scalars(select(Photo.id).where(Photo.participant_id == participant.id)))
    answers = select(func.count(Answers.id)).where(Answers.participant_id == participant.id)
    return Done(len(photos), session.scalar(answers) or 0, _analyses(session, photos))


def erase(held: Platform, session: Session, participant: Participant) -> Done:
    """Delete what there is of a participant, in the transaction of the withdrawal.

    Every row of any table that needs one of the photos, or the participant, goes with it; where the link may
    be empty it is emptied. Files go afterwards, by `remove_files`.
    """
    there = lock(held, session, participant)
    photos = session.scalars(select(Photo).where(Photo.participant_id == participant.id)).all()
    for photo in photos:
        session.expunge(photo)
    _cut(session, Row.metadata.tables["participants"], [participant.id], spare=_KEPT)
    participant.eligibility = None
    session.flush()
    shared = [one for one in photos if _known(session, one.digest)]
    files = {(one.digest, one.kind) for one in photos} - {(one.digest, one.kind) for one in shared}
    marks = tuple(held.store.doom(digest, kind) for digest, kind in sorted(files))
    return Done(there.photos, there.answers, there.analyses, len(shared), tuple(sorted(files)), marks)


def remove_files(held: Platform, done: Done) -> None:
    """Remove the files of deleted photos, but those that another photo has come to have meanwhile.

    A server that ends before this is done finishes it at its next start.
    """
    if not done.files:
        return
    with held.database.writing() as session:
        held.audit.lock(session)  # whoever keeps the same photo now looks for its file under this lock
        for digest, kind in done.files:
            if not _known(session, digest):
                held.store.remove(digest, kind)
                for drawn in (held.settings.data_folder / MAPS / digest[:2]).glob(f"{digest}-*"):
                    shutil.rmtree(drawn)
        for mark in done.marks:
            held.store.spare(mark)
    held.database.forget()


def forget_maps(folder: Path, known: Callable[[str], bool]) -> None:
    """Remove maps of photos that are there no more: a crash left them, or they were drawn at that moment.

    Args:
        folder: of the installation's data.
        known: whether the database speaks of a photo's hash.
    """
    for drawn in (folder / MAPS).glob("*/*-*"):
        if not known(drawn.name.partition("-")[0]):
            shutil.rmtree(drawn, ignore_errors=True)


def _known(session: Session, digest: str) -> bool:
    chosen = select(Photo.id).where(Photo.digest == digest).limit(1)
    return session.scalar(chosen, execution_options=EVERYWHERE) is not None


def _cut(session: Session, table: Table, ids: Iterable[str], *, spare: frozenset[str] = frozenset()) -> None:
    """Remove what needs rows of a table, down to the last that needs it; then the rows themselves."""
    ids = list(ids)
    if not ids:
        return
    for other in Row.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is not table or other.name in spare:
                continue
            here = key.parent.in_(ids)
            if key.parent.nullable:
                blank = dict.fromkeys(_BLANKED.get(other.name, ()), "")
                session.execute(update(other).where(here).values({**blank, key.parent.name: None}))
            elif "id" in other.c:
                _cut(session, other, session.scalars(select(other.c.id).where(here)).all())
            else:
                session.execute(delete(other).where(here))
    if table.name not in spare:
        session.execute(delete(table).where(table.c.id.in_(ids)))


def _analyses(session: Session, photos: list[str]) -> int:
    table = Row.metadata.tables.get("analyses")
    if table is None or not photos:
        return 0
    return session.scalar(select(func.count()).select_from(table).where(table.c.photo_id.in_(photos))) or 0
