"""What came to the gateway, where its results go, and which patients the participants are."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id(table: str) -> tuple[sa.Column[str], sa.PrimaryKeyConstraint]:
    column: sa.Column[str] = sa.Column("id", sa.String(length=20), nullable=False)
    return column, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    """Make the change."""
    moment = sa.DateTime(timezone=True)
    identity, key = _id("deliveries")
    op.create_table(
        "deliveries",
        identity,
        sa.Column("identity", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("media", sa.String(length=8), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("patient", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("modality", sa.String(length=20), nullable=False),
        sa.Column("body_site", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("taken", sa.String(length=40), nullable=False),
        sa.Column("way", sa.JSON(), nullable=True),
        sa.Column("study_id", sa.String(length=20), nullable=True),
        sa.Column("photo_id", sa.String(length=20), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", moment, nullable=True),
        sa.Column("created", moment, nullable=False),
        sa.Column("finished", moment, nullable=True),
        _to("deliveries", "study_id", "studies"),
        _to("deliveries", "photo_id", "photos"),
        key,
        sa.UniqueConstraint("identity", name=op.f("uq_deliveries_identity")),
    )
    for column in ("state", "study_id", "photo_id"):
        op.create_index(op.f(f"ix_deliveries_{column}"), "deliveries", [column])
    identity, key = _id("dispatches")
    op.create_table(
        "dispatches",
        identity,
        sa.Column("delivery_id", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("receipt", sa.String(length=200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due", moment, nullable=True),
        sa.Column("created", moment, nullable=False),
        sa.Column("finished", moment, nullable=True),
        _to("dispatches", "delivery_id", "deliveries"),
        key,
        sa.UniqueConstraint("delivery_id", "target", name=op.f("uq_dispatches_delivery_id_target")),
    )
    for column in ("delivery_id", "state"):
        op.create_index(op.f(f"ix_dispatches_{column}"), "dispatches", [column])
    identity, key = _id("patient_identities")
    op.create_table(
        "patient_identities",
        identity,
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("patient", sa.String(length=120), nullable=False),
        sa.Column("record", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("created", moment, nullable=False),
        _to("patient_identities", "study_id", "studies"),
        _to("patient_identities", "participant_id", "participants"),
        key,
        sa.UniqueConstraint("study_id", "key", name=op.f("uq_patient_identities_study_id_key")),
    )
    for column in ("study_id", "participant_id"):
        op.create_index(op.f(f"ix_patient_identities_{column}"), "patient_identities", [column])
    op.create_table(
        "poll_bookmarks",
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("since", sa.String(length=60), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_poll_bookmarks")),
    )
