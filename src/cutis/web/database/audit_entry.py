"""A line of the audit."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Digest, Row


class AuditEntry(Row):
    """Who did what to what, and when; see `cutis.web.audit.chain`.

    Attributes:
        number: 1, 2, 3, ... without a gap.
        moment: UTC, ISO 8601 with microseconds, as it was hashed.
        who: identity of a user, or empty for the server and for strangers.
        action: such as ``photo.seen``.
        study: identity, or empty.
        subject: identity of what it was done to, or empty.
        details: plain values; never a password, a link or a participant's words.
        previous: ``seal`` of the line before.
        seal: over all of this line and ``previous``.
    """

    __tablename__ = "audit_entries"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    moment: Mapped[str] = mapped_column(String(32))
    who: Mapped[str] = mapped_column(String(20), index=True)
    action: Mapped[str] = mapped_column(String(40), index=True)
    study: Mapped[str] = mapped_column(String(20), index=True)
    subject: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, str | int | float | bool]] = mapped_column(JSON)
    previous: Mapped[Digest]
    seal: Mapped[Digest]


class AuditHead(Row):
    """The last line's number and seal, under a seal of their own, so that cut-off lines are missed."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[Digest]
    seal: Mapped[Digest]
