"""Take a whole study in, from a manifest with its images: all of it, or nothing."""

from __future__ import annotations

import json
import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import ManifestError
from cutis.core.manifest import Manifest, read_manifest
from cutis.core.table import read_table
from cutis.web.database import (
    Answers,
    ConsentText,
    Member,
    Participant,
    Photo,
    ProtocolVersion,
    Site,
    Study,
    User,
)
from cutis.web.database.participant import COMPLETED, ENROLLED, WITHDRAWN
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.photos import intake
from cutis.web.platform import Platform
from cutis.web.studies.answers import checked
from cutis.web.studies.protocol import Protocol, latest, protocols_of, read_protocol
from cutis.web.words import _

MANIFESTS = ("manifest.csv", "manifest.parquet")
_MANY = 200_000  # files of a zip
_Progress = Callable[[int], None]


@dataclass
class Imported:
    """How much came in; what was there already is not counted."""

    participants: int = 0
    photos: int = 0
    there: int = 0
    answers: int = 0
    sites: int = 0
    protocols: int = 0


@dataclass
class _Plan:
    """What is to be written, once all of it is known to hold."""

    people: dict[str, Participant] = field(default_factory=dict)
    new: list[Participant] = field(default_factory=list)
    photos: list[tuple[int, intake.Pixels]] = field(default_factory=list)
    scratches: list[Path] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


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
    with _unpacked(source, held.store.incoming.parent) as path:
        # Of a zip that somebody sent, no path is looked at before it is known to lie inside.
        manifest = _read(path, inside)
        if manifest.group != "patient_id":
            raise ManifestError([f"{path.name}:1: there is no column patient_id (the pseudonyms). Add it."])
        plan, done = _Plan(), Imported()
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
        raise ManifestError([one.replace(f"{path.parent}/", "") for one in error.problems]) from error


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


@contextmanager
def _unpacked(source: Path, beside: Path) -> Iterator[Path]:
    """The manifest of what is to be imported; a zip is unpacked on the disk of the platform.

    Raises:
        ManifestError: no manifest there, or a zip that does not hold.
    """
    if source.is_dir():
        yield _manifest_in(source)
    elif source.suffix.lower() == ".zip":
        with TemporaryDirectory(prefix="import-", dir=beside) as folder:
            _unpack(source, Path(folder))
            yield _manifest_in(Path(folder))
    else:
        yield source


def _unpack(source: Path, folder: Path) -> None:
    """Unpack a zip, with names that stay inside and no more than the disk can hold."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
            size = sum(one.file_size for one in members)
            if len(members) > _MANY or size > 0.9 * shutil.disk_usage(folder).free:
                raise ManifestError(
                    [
                        f"{source.name}: unpacked it has {len(members)} files of "
                        f"{size / 1e9:.1f} GB, more than fit here. Divide it."
                    ]
                )
            for one in members:
                link = stat.S_ISLNK(one.external_attr >> 16)
                place = (folder / one.filename).resolve()
                if link or not place.is_relative_to(folder.resolve()):
                    raise ManifestError(
                        [f"{source.name}: '{one.filename[:80]}' leads out of the zip. Make the zip anew."]
                    )
                archive.extract(one, folder)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise ManifestError(
            [f"{source.name}: is not a zip that can be read in full. Copy it again."]
        ) from error


def _manifest_in(folder: Path) -> Path:
    inner = [one for one in folder.iterdir() if one.is_dir()]
    for place in (folder, *(inner if len(inner) == 1 else [])):
        for name in MANIFESTS:
            if (place / name).is_file():
                return place / name
    raise ManifestError([f"{folder.name}: has neither {' nor '.join(MANIFESTS)}. Add the manifest."])


def _photos(
    held: Platform,
    access: Access,
    manifest: Manifest,
    plan: _Plan,
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
            plan.wrong.append(f"{manifest.path.name}:{row}: image is '{image}': {error.words}")
        except OSError as error:
            plan.wrong.append(
                f"{manifest.path.name}:{row}: image is '{image}': {error.strerror}. Copy it again."
            )
        if progress:
            progress(1)


def _write(
    held: Platform, access: Access, session: Session, manifest: Manifest, plan: _Plan, done: Imported
) -> None:
    """Everything, in one transaction."""
    study = session.get_one(Study, access.study)
    _study(held, access, session, manifest.path.with_name("study.json"), done)
    protocols = [protocol for _number, protocol in protocols_of(session, study)]
    places = {(v.key, w) for each in protocols for v in each.visits for w in v.views}
    _people(held, access, session, manifest, plan, done, protocols)
    cells = {row["row"]: row for row in manifest.table.iter_rows(named=True)}
    for number, pixels in plan.photos:
        row, cell = pixels.row, cells[number]
        where = f"{manifest.path.name}:{number}"
        visit, view = cell.get("visit"), cell.get("view")
        person = plan.people.get(cell["patient_id"])
        if (visit or view) and (visit, view) not in places:
            now = protocols[0]
            there = "; ".join(f"{one.key}: {', '.join(one.views) or 'no view'}" for one in now.visits)
            plan.wrong.append(
                f"{where}: visit is '{visit or ''}' and view '{view or ''}', which the "
                f"protocol does not have. It has {there}. Correct the cells, or empty both."
            )
            continue
        taken = _moment(plan, where, "taken", cell.get("taken"))
        added = _moment(plan, where, "added", cell.get("added"))
        if person is None or plan.wrong:
            continue
        if person.state == WITHDRAWN:
            plan.wrong.append(f"{where}: patient_id is '{person.pseudonym}', who withdrew. Drop the row.")
            continue
        row.participant_id, row.visit, row.view = person.id, visit, view
        row.taken = (taken.isoformat() if taken else row.taken) if study.keeps_capture_time else None
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
    _answers(session, access, manifest.path, plan, done, protocols)
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


def _study(held: Platform, access: Access, session: Session, path: Path, done: Imported) -> None:
    """Protocol and consent texts of an export, into a study that has none of its own."""
    if not path.is_file():
        return
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        protocols = [read_protocol(one["document"]) for one in told.get("protocols", [])]
        texts = [
            (int(one["number"]), str(one["language"])[:8], str(one["text"]))
            for one in told.get("consent_texts", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ManifestError(
            [f"{path.name}: is not as cutis writes it. Export it again, or leave it out."]
        ) from error
    if latest(session, access.study) is None:
        for number, protocol in enumerate(protocols, 1):
            session.add(
                ProtocolVersion(
                    study_id=access.study, number=number, document=protocol.document(), made_by=access.user
                )
            )
            done.protocols += 1
    if texts and not session.scalar(
        select(ConsentText.id).where(ConsentText.study_id == access.study).limit(1)
    ):
        session.add_all(
            ConsentText(study_id=access.study, number=n, language=name, text=text, made_by=access.user)
            for n, name, text in texts
        )
    session.flush()


def _people(
    held: Platform,
    access: Access,
    session: Session,
    manifest: Manifest,
    plan: _Plan,
    done: Imported,
    protocols: list[Protocol],
) -> None:
    """Participants of the manifest and of ``participants.csv``; those who are there stay as they are."""
    there = session.scalars(select(Participant).where(Participant.study_id == access.study))
    plan.people = {one.pseudonym: one for one in there}
    sites = {one.name: one for one in session.scalars(select(Site).where(Site.study_id == access.study))}
    rows = {row["patient_id"]: (manifest.path.name, row) for row in reversed(manifest.table.to_dicts())}
    beside = manifest.path.with_name("participants.csv")
    if beside.is_file():
        table = _table(beside)
        rows = {
            **rows,
            **{r["patient_id"]: (beside.name, r) for r in table.to_dicts() if r.get("patient_id")},
        }
    arms = {one.key for each in protocols for one in each.arms}
    for pseudonym, (name, row) in sorted(rows.items()):
        if pseudonym in plan.people or pseudonym is None:
            continue
        where = f"{name}:{row['row']}"
        state, arm, site = row.get("state") or ENROLLED, row.get("arm"), row.get("site")
        if len(pseudonym) > 40 or not pseudonym.isprintable():
            plan.wrong.append(
                f"{where}: patient_id is '{pseudonym[:60]}', not a pseudonym of up to 40 "
                f"characters. Shorten it."
            )
            continue
        if state not in (ENROLLED, COMPLETED, WITHDRAWN):
            plan.wrong.append(
                f"{where}: state is '{state}', not one of enrolled, completed, withdrawn. Correct the cell."
            )
        if arm and arm not in arms:
            plan.wrong.append(
                f"{where}: arm is '{arm}', not one of {', '.join(sorted(arms)) or 'none'}. "
                f"Correct the cell, or empty it."
            )
        enrolled = _moment(plan, where, "enrolled", row.get("enrolled"))
        if site and site not in sites:
            sites[site] = Site(study_id=access.study, name=site[:120])
            session.add(sites[site])
            session.flush()
            done.sites += 1
        said = dict(re.findall(r"(\w+)=(yes|no)", row.get("eligibility") or ""))
        one = Participant(
            study_id=access.study,
            pseudonym=pseudonym,
            site_id=sites[site].id if site else None,
            enrolled=enrolled.date() if enrolled else date.today(),
            arm=arm,
            state=state,
            eligibility=said or None,
        )
        session.add(one)
        session.flush()
        plan.people[pseudonym] = one
        done.participants += 1
        held.audit.add(
            session, "participant.added", who=access.who, study=access.study, subject=one.id, imported=True
        )


def _answers(
    session: Session, access: Access, path: Path, plan: _Plan, done: Imported, protocols: list[Protocol]
) -> None:
    """Answers of an export, questionnaire by questionnaire."""
    beside = path.with_name("answers.csv")
    if not beside.is_file():
        return
    table = _table(beside) if beside.read_text(encoding="utf-8").count("\n") > 1 else pl.DataFrame()
    filled: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in table.iter_rows(named=True):
        names = ("patient_id", "key", "visit", "questionnaire")
        if any(not row.get(name) for name in (*names, "question")):
            plan.wrong.append(
                f"{beside.name}:{row['row']}: one of {', '.join(names)}, question is empty. Fill it in."
            )
            continue
        filled.setdefault(tuple(row[name] for name in names), []).append(row)
    for (pseudonym, key, visit, form), rows in filled.items():
        where = f"{beside.name}:{rows[0]['row']}"
        person = plan.people.get(pseudonym)
        if person is None:
            plan.wrong.append(
                f"{where}: patient_id is '{pseudonym}', who is in no row of the manifest or "
                f"of participants.csv. Add them."
            )
            continue
        if session.scalar(select(Answers.id).where(Answers.participant_id == person.id, Answers.key == key)):
            continue
        given = {row["question"]: row["value"] for row in rows}
        try:
            number, values = _checked(protocols, visit, form, given)
        except RefusedError as error:
            plan.wrong.append(f"{where}: {error.words}")
            continue
        moment = _moment(plan, where, "answered", rows[0].get("answered"))
        kept = Answers(
            study_id=access.study,
            participant_id=person.id,
            visit=visit,
            questionnaire=form,
            protocol_number=number,
            values=values,
            key=key[:64],
        )
        if moment:
            kept.created = moment if moment.tzinfo else moment.astimezone()
        session.add(kept)
        done.answers += 1
    session.flush()


def _checked(
    protocols: list[Protocol], visit: str, form: str, given: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    """The answers by the newest version that they hold in.

    Raises:
        RefusedError: in none.
    """
    refused: RefusedError | None = None
    for place, protocol in enumerate(protocols):
        asked = protocol.questionnaire(form)
        if asked is None or protocol.visit(visit) is None:
            continue
        several = {one.key for one in asked.questions if one.kind == "several"}
        try:
            values = {k: (str(v).split(";") if k in several and v else v) for k, v in given.items()}
            return len(protocols) - 1 - place, checked(asked, values)
        except RefusedError as error:
            refused = refused or error
    raise refused or RefusedError(
        422, f"visit '{visit}' with questionnaire '{form}' is not in the protocol. Correct the cells."
    )


def _moment(plan: _Plan, where: str, column: str, text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        plan.wrong.append(
            f"{where}: {column} is '{text[:40]}', not a moment such as 2026-05-31 or "
            f"2026-05-31T09:30:00. Correct the cell, or empty it."
        )
        return None


def _table(path: Path) -> pl.DataFrame:
    try:
        return read_table(path, ManifestError)
    except ManifestError as error:
        raise ManifestError([one.replace(f"{path.parent}/", "") for one in error.problems]) from error


def _row_of(sentence: str) -> tuple[str, int]:
    name, _colon, rest = sentence.partition(":")
    number = rest.partition(":")[0]
    return name, int(number) if number.isdigit() else 0


__all__ = ["Imported", "import_study", "member_access"]
