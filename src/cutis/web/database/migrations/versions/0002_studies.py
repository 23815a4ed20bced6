"""Studies: protocols, consent, answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "protocol_versions",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _key("protocol_versions", "made_by", "users"),
        _key("protocol_versions", "study_id", "studies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol_versions")),
        sa.UniqueConstraint("study_id", "number", name=op.f("uq_protocol_versions_study_id_number")),
    )
    _index("protocol_versions", "made_by", "study_id")
    op.create_table(
        "consent_texts",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _key("consent_texts", "made_by", "users"),
        _key("consent_texts", "study_id", "studies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_texts")),
        sa.UniqueConstraint(
            "study_id", "number", "language", name=op.f("uq_consent_texts_study_id_number_language")
        ),
    )
    _index("consent_texts", "made_by", "study_id")
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.String(length=20), nullable=False),
        sa.Column("text_id", sa.String(length=20), nullable=False),
        sa.Column("signature", sa.JSON(), nullable=False),
        sa.Column("signed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_by_clock", sa.String(length=40), nullable=True),
        sa.Column("withdrawn", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=64), nullable=True),
        _key("consents", "participant_id", "participants"),
        _key("consents", "study_id", "studies"),
        _key("consents", "text_id", "consent_texts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    _index("consents", "participant_id", "study_id")
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("participant_id", sa.String(length=20), nullable=False),
        sa.Column("visit", sa.String(length=40), nullable=False),
        sa.Column("questionnaire", sa.String(length=40), nullable=False),
        sa.Column("protocol_number", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _key("answers", "participant_id", "participants"),
        _key("answers", "study_id", "studies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("participant_id", "key", name=op.f("uq_answers_participant_id_key")),
    )
    _index("answers", "study_id")
    op.add_column("participants", sa.Column("enrolled", sa.Date(), nullable=True))
    op.add_column("participants", sa.Column("arm", sa.String(length=40), nullable=True))
    op.add_column(
        "participants",
        sa.Column("state", sa.String(length=12), server_default="enrolled", nullable=False),
    )
    op.add_column("participants", sa.Column("eligibility", sa.JSON(), nullable=True))
    op.add_column("photos", sa.Column("visit", sa.String(length=40), nullable=True))
    op.add_column("photos", sa.Column("view", sa.String(length=40), nullable=True))


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    """There is no way back but a backup."""
    raise NotImplementedError("Restore a backup.")
