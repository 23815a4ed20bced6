"""Capture by participants: their links, their phones, and photos that no user added."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "participant_links",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("once", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        _key("participant_links", "made_by", "users"),
        _key("participant_links", "participant_id", "participants"),
        _key("participant_links", "study_id", "studies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_participant_links_digest")),
    )
    _index("participant_links", "made_by", "participant_id", "study_id")
    op.create_table(
        "participant_sessions",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.String(length=20), nullable=False),
        sa.Column("link_id", sa.String(length=20), nullable=True),
        sa.Column("user_id", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        _key("participant_sessions", "link_id", "participant_links"),
        _key("participant_sessions", "participant_id", "participants"),
        _key("participant_sessions", "study_id", "studies"),
        _key("participant_sessions", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_participant_sessions_digest")),
    )
    _index("participant_sessions", "expires", "link_id", "participant_id", "study_id", "user_id")
    with op.batch_alter_table("photos") as batch_op:
        batch_op.alter_column("added_by", existing_type=sa.String(length=20), nullable=True)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
