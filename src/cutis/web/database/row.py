"""What all tables share: names of constraints, identities that cannot be guessed, times in UTC."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import DateTime, ForeignKey, MetaData, String, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column


class UtcTime(TypeDecorator[datetime]):
    """A moment, always with its zone; SQLite itself keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time of no zone, which would be taken for another."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


def now() -> datetime:
    """This moment, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """20 letters and digits of 100 random bits, fit for addresses."""
    return "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(20))


Id = Annotated[str, mapped_column(String(20), primary_key=True, default=new_id)]
Moment = Annotated[datetime, mapped_column(UtcTime)]
Created = Annotated[datetime, mapped_column(UtcTime, default=now)]
Digest = Annotated[str, mapped_column(String(64))]  # sha256, hexadecimal
UserId = Annotated[str, mapped_column(String(20), ForeignKey("users.id"), index=True)]
StudyId = Annotated[str, mapped_column(String(20), ForeignKey("studies.id"), index=True)]


class Row(DeclarativeBase):
    """A row of a table; constraints have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
