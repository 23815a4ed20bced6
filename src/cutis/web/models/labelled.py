"""Photos of a study whose truth is known: bring it, and have models answer for them."""

from __future__ import annotations

from sqlalchemy import select

from cutis.web.analyse import outbox
from cutis.web.database import Photo, StoredBundle
from cutis.web.errors import RefusedError
from cutis.web.models import registry
from cutis.web.models.card import opened_bundle
from cutis.web.models.labels import add_lines, lines_of_reading, read_table, truth_of
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.words import _


def bring_labels(held: Platform, access: Access, task: str, table: bytes, reading: str) -> int:
    """Keep the labels of a table, or those of a closed reading; how many."""
    names = label_names(held, task)
    if not reading:
        return add_lines(held, access, task, names, read_table(table))
    with held.database.reading() as session:
        lines = lines_of_reading(session, access.study, reading)
    return add_lines(held, access, task, names, lines, source="reading")


def label_names(held: Platform, task: str) -> tuple[str, ...]:
    """The labels that any bundle of a task knows.

    Raises:
        RefusedError: there is no such task.
    """
    with held.database.reading() as session:
        bundles = session.scalars(select(StoredBundle).where(StoredBundle.task == task)).all()
    if not bundles:
        raise RefusedError(404, _("There is no such task here."))
    return tuple(
        dict.fromkeys(name for one in bundles for name in opened_bundle(held, one).info.labels.names)
    )


def ask_for_labelled(held: Platform, access: Access, task: str, digest: str) -> int:
    """Write down that a model is to answer for the labelled photos of a study.

    Returns:
        How many it has still to answer.
    """
    with held.database.writing() as session:
        if registry.bundle_of(session, digest).task != task:
            raise RefusedError(422, _("That model answers another task. Choose one of this task."))
        count = 0
        for photo in truth_of(session, access.study, task):
            count += len(outbox.ask(session, session.get_one(Photo, photo), [digest]))
        if count:
            held.audit.add(
                session, "model.asked", who=access.user, study=access.study, subject=digest, photos=count
            )
    return count
