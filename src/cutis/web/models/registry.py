"""The bundles that are there, where their files are, and which of them answers in a study.

Shipped bundles are kept in the data folder too, by their digest: a newer cutis brings other ones, and a
study's results never change silently, so a study that has begun with a bundle stays with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis import zoo
from cutis.core.bundle import BundleInfo
from cutis.core.errors import BundleError
from cutis.web.audit.chain import Audit
from cutis.web.database import Database, StoredBundle, Study, StudyModel
from cutis.web.errors import RefusedError
from cutis.web.platform import Platform
from cutis.web.words import _


def register_shipped(database: Database, audit: Audit, folder: Path) -> None:
    """Make the bundles that this cutis ships known, once, and keep studies to those that they began with.

    Args:
        database: brought up to date.
        audit: of the installation.
        folder: of the data.
    """
    shipped = {name: _read_header(zoo.path(name)) for name in zoo.names()}
    with database.writing() as session:
        audit.lock(session)
        known = {one.digest: one for one in session.scalars(select(StoredBundle))}
        before = shipped_defaults(session)
        for digest in {digest for digest, _ in shipped.values()} - set(known):
            name, info = next((name, info) for name, (found, info) in shipped.items() if found == digest)
            row = row_of(info, digest, zoo.path(name).stat().st_size)
            row.shipped = name
            session.add(row)
            known[digest] = row
            if before:  # what the very first start finds changes nothing for anybody
                audit.add(session, "model.shipped", subject=digest, name=info.name, version=info.version)
        current = {digest for digest, _ in shipped.values()}
        for one in known.values():
            one.current = one.digest in current
        session.flush()
        after = shipped_defaults(session)
        for task, old in before.items():
            if task not in after or after[task].digest != old.digest:
                _keep_to(session, audit, old)
    for name, (digest, _info) in shipped.items():
        _keep_file(zoo.path(name), place(folder, digest))


def shipped_defaults(session: Session) -> dict[str, StoredBundle]:
    """The bundle of each task in studies that have chosen none: the current one named as the task is."""
    chosen = select(StoredBundle).where(StoredBundle.current, StoredBundle.shipped == StoredBundle.task)
    return {one.task: one for one in session.scalars(chosen.order_by(StoredBundle.task))}


def choices(session: Session, study: str) -> dict[str, StudyModel]:
    """What a study has chosen, by task; of the other tasks the shipped default answers."""
    in_force = select(StudyModel).where(StudyModel.study_id == study, StudyModel.until.is_(None))
    return {one.task: one for one in session.scalars(in_force)}


def active(session: Session, study: str) -> tuple[StoredBundle, ...]:
    """The bundles that answer in a study, one for each task, by task.

    Args:
        session: any.
        study: identity.
    """
    chosen = choices(session, study)
    found = {task: one for task, one in shipped_defaults(session).items() if task not in chosen}
    wanted = [one.bundle_digest for one in chosen.values() if one.bundle_digest]
    for one in session.scalars(select(StoredBundle).where(StoredBundle.digest.in_(wanted))):
        found[one.task] = one
    return tuple(found[task] for task in sorted(found))


def bundle_of(session: Session, digest: str) -> StoredBundle:
    """A bundle.

    Raises:
        RefusedError: there is none of this digest.
    """
    found = session.get(StoredBundle, digest)
    if found is None:
        raise RefusedError(404, _("There is no such model here."), title=_("No such model"))
    return found


def bundle_path(platform: Platform, digest: str) -> Path:
    """The file of a bundle.

    Raises:
        BundleError: it is gone.
    """
    kept = place(platform.settings.data_folder, digest)
    if not kept.is_file():
        raise BundleError(f"{kept}: the file of this model is missing. Restore it from a backup.")
    return kept


def place(folder: Path, digest: str) -> Path:
    """Where the file of a bundle is kept.

    Args:
        folder: of the data.
        digest: of the bundle.
    """
    return folder / "models" / f"{digest}.cutis"


def row_of(info: BundleInfo, digest: str, size: int) -> StoredBundle:
    """The row of a bundle, not yet added."""
    return StoredBundle(
        digest=digest,
        name=info.name[:80],
        version=info.version[:40],
        task=info.task[:80],
        title=info.title[:200],
        rendered=info.training.rendered,
        size=size,
    )


def _keep_to(session: Session, audit: Audit, old: StoredBundle) -> None:
    """Studies that have chosen nothing for a task stay with the bundle that they began with."""
    chosen = select(StudyModel.study_id).where(StudyModel.task == old.task, StudyModel.until.is_(None))
    for study in session.scalars(select(Study).where(Study.id.not_in(chosen))):
        session.add(
            StudyModel(study_id=study.id, task=old.task, bundle_digest=old.digest, since=study.created)
        )
        audit.add(session, "model.kept", study=study.id, subject=old.digest, task=old.task)


def _read_header(path: Path) -> tuple[str, BundleInfo]:
    """Digest and description of a bundle that came with cutis; its weights are not read.

    Raises:
        BundleError: it is not whole.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            header = archive.read("bundle.json")
        return hashlib.sha256(header).hexdigest(), BundleInfo.from_dict(json.loads(header))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BundleError(f"{path}: is not a complete bundle ({error}). Install cutis again.") from error


def _keep_file(source: Path, kept: Path) -> None:
    """Keep a shipped bundle's file where a newer cutis does not take it away: a second name, or a copy."""
    if kept.is_file():
        return
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = kept.with_name(f".{kept.name}.{os.getpid()}")
    scratch.unlink(missing_ok=True)
    try:
        os.link(source, scratch)
    except OSError:  # another disk, or somebody else's file
        shutil.copyfile(source, scratch)
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
    scratch.rename(kept)
