"""Take a whole study in, from a manifest with its images: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import ManifestError
from cutis.core.manifest import Manifest, read_manifest
from cutis.web.database import Member, Photo, Study, User
from cutis.web.database.participant import WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.photos import intake
from cutis.web.platform import Platform
from cutis.web.studies.import_rows import (
    Imported,
    Plan,
    moment_of,
    write_answers,
    write_people,
    write_study,
)
from cutis.web.studies.import_unpacked import unpacked
from cutis.web.studies.import_words import retold
from cutis.web.studies.protocol import protocols_of
from cutis.web.words import _

_Progress = Callable[[int], None]


def import_study(
    held: Platform,
    access: Access,
    source: Path,
    *,
    inside: bool = True,
    progress: _Progress | None = None,
) -> Imported:
    """Take in a manifest, or an export of cutis: a zip, a folder, or the manifest itself.

    Beside the manifest, ``study.json`` (protocol and consent texts, where the study has none of its own yet),
    ``participants.csv`` and ``answers.csv`` are read where they are there. Sites that are missing are made.

    Args:
        held: the platform.
        access: who imports, and into which study.
        source: a zip, a folder with a manifest, or a manifest.
        inside: images lie below the manifest's folder; somebody on the server may name others.
        progress: called with 1 for each image.

    Raises:
        ManifestError: every row that does not hold, at once; nothing was taken in.
        RefusedError: what is not a row's fault; nothing was taken in.
    """
    with unpacked(source, held.store.incoming.parent) as path:
        # Of a zip that somebody sent, no path is looked at before it is known to lie inside.
        manifest = _read(path, inside)
        if manifest.group != "patient_id":
            words = _("there is no column patient_id (the pseudonyms). Add it.")
            raise ManifestError([f"{path.name}:1: {words}"])
        plan, done = Plan(), Imported()
        try:
            _photos(held, access, manifest, plan, inside, progress)
            if plan.wrong:
                raise ManifestError(sorted(plan.wrong, key=_row_of))
            with held.database.writing() as session:
                held.audit.lock(session)
                _write(held, access, session, manifest, plan, done)
                if plan.wrong:
                    raise ManifestError(sorted(plan.wrong, key=_row_of))
        except BaseException:
            for scratch in plan.scratches:
                held.store.settle(scratch, kept=False)
            raise
        for scratch in plan.scratches:
            held.store.settle(scratch, kept=True)
    for _row, pixels in plan.photos:
        if pixels.row.id:
            held.queue.wake(pixels.row.id)
    return done


def _read(path: Path, inside: bool) -> Manifest:
    """The manifest; what is wrong with it is said without where the platform keeps it for the moment.

    Raises:
        ManifestError: every row that does not hold.
    """
    try:
        return read_manifest(path, find_images=not inside)
    except ManifestError as error:
        raise ManifestError([retold(one.replace(f"{path.parent}/", "")) for one in error.problems]) from error


def member_access(held: Platform, study: str, login: str) -> Access:
    """What an investigator may do, who imports on the server itself.

    Args:
        held: the platform.
        study: identity.
        login: sign-in name.

    Raises:
        RefusedError: no such study, or the person is no investigator of it.
    """
    with held.database.reading() as session:
        found = session.execute(
            select(User, Member.role)
            .join(Member, Member.user_id == User.id)
            .where(User.login == login.strip().lower(), User.active, Member.study_id == study)
        ).first()
        if found is None or found[1] != Role.INVESTIGATOR:
            raise RefusedError(403, f"'{login}' is no investigator of a study '{study}'. Check both names.")
        user = found[0]
        return Access(user=user.id, name=user.name, login=user.login, study=study, role=Role.INVESTIGATOR)


def _photos(
    held: Platform,
    access: Access,
    manifest: Manifest,
    plan: Plan,
    inside: bool,
    progress: _Progress | None,
) -> None:
    """Decode every image; those that do not hold are named by their rows."""
    for row, image, path in zip(manifest.table["row"], manifest.table["image"], manifest.paths, strict=True):
        scratch = held.store.scratch()
        plan.scratches.append(scratch)
        try:
            if inside and not path.resolve().is_relative_to(manifest.path.parent.resolve()):
                raise RefusedError(422, _("leads out of the manifest's folder. Put it below."))
            if not path.is_file():
                raise RefusedError(422, _("This is not a file. Correct the path, or drop the row."))
            with path.open("rb") as file:
                size, arrived = intake.copy(file, scratch)
            if not size:
                raise RefusedError(422, _("The file is empty. Export it again."))
            pixels = intake.examined(held, access, "", arrived, arrived, scratch)
            plan.photos.append((row, pixels))
        except RefusedError as error:
            told = _("image is '%(value)s': %(why)s") % {"value": image, "why": error.words}
            plan.wrong.append(f"{manifest.path.name}:{row}: {told}")
        except OSError:
            words = _("image is '%(value)s', which cannot be read in full. Copy it again.")
            plan.wrong.append(f"{manifest.path.name}:{row}: {words % {'value': image}}")
        if progress:
            progress(1)


def _write(
    held: Platform, access: Access, session: Session, manifest: Manifest, plan: Plan, done: Imported
) -> None:
    """Everything, in one transaction."""
    study = session.get_one(Study, access.study)
    write_study(held, access, session, manifest.path.with_name("study.json"), done)
    protocols = [protocol for _number, protocol in protocols_of(session, study)]
    places = {(v.key, w) for each in protocols for v in each.visits for w in v.views}
    write_people(held, access, session, manifest, plan, done, protocols)
    cells = {row["row"]: row for row in manifest.table.iter_rows(named=True)}
    for number, pixels in plan.photos:
        row, cell = pixels.row, cells[number]
        where = f"{manifest.path.name}:{number}"
        visit, view = cell.get("visit"), cell.get("view")
        person = plan.people.get(cell["patient_id"])
        if (visit or view) and (visit, view) not in places:
            now = protocols[0]
            there = "; ".join(f"{one.key}: {', '.join(one.views) or _('no view')}" for one in now.visits)
            words = _(
                "visit is '%(visit)s' and view '%(view)s', which the protocol does not have. It has %(there)s"
                ". Correct the cells, or empty both."
            )
            told = words % {"visit": visit or "", "view": view or "", "there": there}
            plan.wrong.append(f"{where}: {told}")
            continue
        taken = moment_of(plan, where, "taken", cell.get("taken"))
        added = moment_of(plan, where, "added", cell.get("added"))
        if person is None or plan.wrong:
            continue
        if person.state == WITHDRAWN:
            words = _("patient_id is '%(value)s', who withdrew. Drop the row.")
            plan.wrong.append(f"{where}: {words % {'value': person.pseudonym}}")
            continue
        row.participant_id, row.visit, row.view = person.id, visit, view
        row.taken = (
            (intake.kept_moment(cell.get("taken")) if taken else row.taken)
            if study.keeps_capture_time
            else None
        )
        same = select(Photo.id).where(
            Photo.participant_id == person.id,
            (Photo.arrived_digest == row.arrived_digest) | (Photo.digest == row.digest),
        )
        if session.scalar(same.limit(1)):
            done.there += 1
            continue
        if added:
            row.created = added if added.tzinfo else added.astimezone()
        intake.write(held, access, session, pixels)
        done.photos += 1
    write_answers(session, access, manifest.path, plan, done, protocols)
    held.audit.add(
        session,
        "study.imported",
        who=access.who,
        study=access.study,
        subject=access.study,
        participants=done.participants,
        photos=done.photos,
        answers=done.answers,
    )


def _row_of(sentence: str) -> tuple[str, int]:
    name, _colon, rest = sentence.partition(":")
    number = rest.partition(":")[0]
    return name, int(number) if number.isdigit() else 0


__all__ = ["Imported", "import_study", "member_access"]
