"""Lines of the audit, each sealed together with the one before.

A seal is a keyed hash (HMAC-SHA256, key in the data folder): somebody who changes the database alone, even
every line of it, cannot make seals that fit. The head is sealed too, so that lines cut off at the end show.
An old copy of the whole database is whole in itself; against that, `Verified.head` is noted elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.core.errors import CutisError
from cutis.web.database.audit_entry import AuditEntry, AuditHead
from cutis.web.database.engine import Database, one_writer
from cutis.web.database.row import now
from cutis.web.secret import same, seal

START = "0" * 64
Detail = str | int | float | bool


@dataclass(frozen=True)
class Verified:
    """What was found in the audit.

    Attributes:
        lines: how many there are.
        head: ``number:seal`` of the last line, to be noted elsewhere.
        problems: one sentence each; empty when the audit is whole.
    """

    lines: int
    head: str
    problems: tuple[str, ...]


class Audit:
    """The audit of an installation.

    Args:
        secret: of the installation.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def add(
        self,
        session: Session,
        action: str,
        *,
        who: str = "",
        study: str = "",
        subject: str = "",
        **details: Detail,
    ) -> None:
        """Add a line in the transaction of what it tells: both are kept, or neither.

        Args:
            session: of `Database.writing`.
            action: such as ``photo.added``.
            who: identity of a user; empty for the server and for strangers.
            study: identity, or empty.
            subject: identity of what it was done to, or empty.
            details: what else there is to know; no secrets, no names.
        """
        one_writer(session)
        head = session.get(AuditHead, 1, populate_existing=True)
        if head is None:
            head = AuditHead(id=1, number=0, last=START)
            session.add(head)
        entry = AuditEntry(
            number=head.number + 1,
            moment=now().isoformat(timespec="microseconds"),
            who=who,
            action=action,
            study=study,
            subject=subject,
            details=details,
            previous=head.last,
        )
        entry.seal = self._seal(entry)
        head.number, head.last = entry.number, entry.seal
        head.seal = self._head_seal(head)
        session.add(entry)
        session.flush()

    def lock(self, session: Session) -> None:
        """Wait until nobody else is adding a line, and let nobody else until this transaction ends."""
        one_writer(session)

    def note(
        self,
        database: Database,
        action: str,
        *,
        who: str = "",
        study: str = "",
        subject: str = "",
        **details: Detail,
    ) -> None:
        """Add a line by itself, such as of something refused, of which nothing else is kept."""
        with database.writing() as session:
            self.add(session, action, who=who, study=study, subject=subject, **details)

    def verify(self, session: Session, expected_head: str = "", *, last: int = 0) -> Verified:
        """Check every line, or the last ones.

        Args:
            session: of `Database.reading`.
            last: how many; 0 is every one.
            expected_head: ``number:seal`` that was noted earlier and must still be in the chain.

        Raises:
            CutisError: ``expected_head`` is not of that form.
        """
        head = session.get(AuditHead, 1)
        noted_number, noted_seal = _noted(expected_head)
        number = max(0, head.number - last) if head and last else 0
        before = session.get(AuditEntry, number) if number else None
        lines, seal_before, problems = 0, before.seal if before else START, list[str]()
        if number and before is None:
            problems.append(_missing(number, number))
        for entry in _lines(session, after=number):
            lines += 1
            if entry.number > number + 1:
                problems.append(_missing(number + 1, entry.number - 1))
            elif entry.previous != seal_before:
                problems.append(
                    f"Line {entry.number} does not follow line {number}: one was put in its place."
                )
            if not same(entry.seal, self._seal(entry)):
                problems.append(f"Line {entry.number} was changed after it was written.")
            if entry.number == noted_number and entry.seal != noted_seal:
                problems.append(f"Line {entry.number} is not the one that was noted.")
            number, seal_before = entry.number, entry.seal
        if noted_number > number:
            problems.append(f"Line {noted_number} was noted, but the last one here is {number}.")
        problems += self._of_head(head, number, seal_before)
        return Verified(lines, f"{number}:{seal_before}", tuple(problems))

    @staticmethod
    def need_secret(database: Database, folder: Path) -> None:
        """See that a database that was sealed before is not opened without the secret of its seals.

        A new one would be made in its place: no line would verify any more, no second step could be shown,
        and the gateway would take each patient for a new one.

        Args:
            database: of the installation.
            folder: of its data.

        Raises:
            CutisError: the secret is not there.
        """
        with database.reading() as session:  # asked first: the secret is there before any line is
            begun = session.get(AuditHead, 1) is not None
        if begun and not (folder / "secret.key").exists():
            raise CutisError(
                f"{folder / 'secret.key'}: is missing, and the database was in use with it. Put it back from "
                "a backup; or name the folder that it is in with --data."
            )

    def _of_head(self, head: AuditHead | None, number: int, last: str) -> list[str]:
        if head is None:
            return [] if number == 0 else ["The record of the last line is missing."]
        if not same(head.seal, self._head_seal(head)):
            return ["The record of the last line was changed."]
        if head.number > number:
            return [_missing(number + 1, head.number)]
        if (head.number, head.last) != (number, last):
            return [f"Line {number} is not the one that was written last."]
        return []

    def _seal(self, entry: AuditEntry) -> str:
        told = [
            entry.number,
            entry.moment,
            entry.who,
            entry.action,
            entry.study,
            entry.subject,
            entry.details,
            entry.previous,
        ]
        return seal(self._secret, "audit", _canonical(told))

    def _head_seal(self, head: AuditHead) -> str:
        return seal(self._secret, "audit head", _canonical([head.number, head.last]))


def _lines(session: Session, after: int) -> Iterator[AuditEntry]:
    """Lines in the order of their numbers; the session does not keep them."""
    chosen = select(AuditEntry).order_by(AuditEntry.number)
    if after:  # else all of them, such as one whose number was changed to less than 1
        chosen = chosen.where(AuditEntry.number > after)
    for entry in session.scalars(chosen).yield_per(1000):
        session.expunge(entry)
        yield entry


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _missing(first: int, last: int) -> str:
    return f"Line {first} is missing." if first == last else f"Lines {first} to {last} are missing."


def _noted(head: str) -> tuple[int, str]:
    if not head:
        return 0, ""
    number, _, noted = head.partition(":")
    if not number.isdigit() or len(noted) != 64:
        raise CutisError(f"The noted head is '{head}', not NUMBER:SEAL as `cutis audit verify` prints it.")
    return int(number), noted
