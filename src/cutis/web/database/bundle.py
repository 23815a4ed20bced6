"""A bundle that studies can use: what it is; its file is kept beside the database, by its digest."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from cutis.web.database.row import Created, Digest, Row


class StoredBundle(Row):
    """A bundle, shipped with cutis or uploaded; see `cutis.web.models.registry`.

    Attributes:
        digest: of the bundle (`cutis.core.bundle.Bundle.digest`): equal digests are equal bundles.
        rendered: it was trained on rendered images.
        shipped: its name in `cutis.zoo`, by which it came; empty where somebody uploaded it.
        current: the running cutis ships it; of an older one's it is not.
        size: bytes of its file.
        added_by: identity; None where it was shipped.
    """

    __tablename__ = "bundles"

    digest: Mapped[Digest] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[str] = mapped_column(String(40))
    task: Mapped[str] = mapped_column(String(80), index=True)
    title: Mapped[str] = mapped_column(String(200))
    rendered: Mapped[bool]
    shipped: Mapped[str] = mapped_column(String(80), default="")
    current: Mapped[bool] = mapped_column(default=False)
    size: Mapped[int] = mapped_column(BigInteger)
    added_by: Mapped[str | None] = mapped_column(String(20), ForeignKey("users.id"))
    created: Mapped[Created]
