"""Which bundle answers in a study from now on; what was answered before stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import StoredBundle, StudyModel
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.models import registry
from cutis.web.people.access import Access
from cutis.web.platform import Platform
from cutis.web.words import _


@dataclass(frozen=True)
class OfTask:
    """What answers a task in a study.

    Attributes:
        bundle: None where the study does not want the task asked.
        since: from when; None where the study has chosen nothing, and the shipped one answers.
        newer: the one that cutis ships now, where the study stays with an older one of the same name.
        others: that could answer in its place.
        earlier: that did, the newest first, with when.
    """

    task: str
    title: str
    bundle: StoredBundle | None
    since: datetime | None
    newer: StoredBundle | None
    others: tuple[StoredBundle, ...]
    earlier: tuple[tuple[StudyModel, StoredBundle | None], ...]


def tasks_of(session: Session, study: str) -> list[OfTask]:
    """What answers each task in a study, by the task's title."""
    bundles = session.scalars(select(StoredBundle).order_by(StoredBundle.created.desc())).all()
    by_digest = {one.digest: one for one in bundles}
    chosen, shipped = registry.choices(session, study), registry.shipped_defaults(session)
    ended = session.scalars(
        select(StudyModel)
        .where(StudyModel.study_id == study, StudyModel.until.is_not(None))
        .order_by(StudyModel.until.desc())
    ).all()
    found = []
    for task in {one.task for one in bundles}:
        choice, default = chosen.get(task), shipped.get(task)
        bundle = by_digest.get(choice.bundle_digest or "") if choice else default
        others = [one for one in bundles if one.task == task and one is not bundle]
        newer = default if bundle and default and bundle.shipped == default.shipped != "" else None
        title = (bundle or others[0]).title
        earlier = [(one, by_digest.get(one.bundle_digest or "")) for one in ended if one.task == task]
        found.append(
            OfTask(
                task,
                title,
                bundle,
                choice.since if choice else None,
                newer if newer is not bundle else None,
                tuple(others),
                tuple(earlier),
            )
        )
    return sorted(found, key=lambda one: (one.bundle is None, one.title))


def activate(held: Platform, access: Access, task: str, digest: str) -> None:
    """A bundle answers a task in a study from now on.

    Args:
        held: the platform.
        access: who says so, and for which study.
        task: that it answers.
        digest: of the bundle; empty where the task is not to be asked.

    Raises:
        RefusedError: there is no such bundle or task, or it is so already.
    """
    with held.database.writing() as session:
        held.audit.lock(session)
        if digest and registry.bundle_of(session, digest).task != task:
            raise RefusedError(422, _("That model answers another task. Choose one of this task."))
        if not digest and not session.scalar(select(StoredBundle.digest).where(StoredBundle.task == task)):
            raise RefusedError(404, _("There is no such task here."))
        before = registry.choices(session, access.study).get(task)
        shipped = registry.shipped_defaults(session).get(task)
        was = before.bundle_digest if before else shipped.digest if shipped else None
        if before and was == (digest or None):
            raise RefusedError(409, _("It is so already."), title=_("Nothing to do"))
        moment = now()
        if before:
            before.until = moment
            session.flush()
        session.add(
            StudyModel(
                study_id=access.study,
                task=task,
                bundle_digest=digest or None,
                since=moment,
                set_by=access.user,
            )
        )
        held.audit.add(
            session,
            "model.activated" if digest else "model.switched_off",
            who=access.user,
            study=access.study,
            subject=digest,
            task=task,
            before=was or "",
        )
