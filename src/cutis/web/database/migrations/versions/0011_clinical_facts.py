"""Clinical facts beside an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    table = "clinical_facts"
    op.create_table(
        table,
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("photo_id", sa.String(length=20), nullable=False),
        sa.Column("analysis_id", sa.String(length=20), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"],
            ["analyses.id"],
            name=op.f("fk_clinical_facts_analysis_id_analyses"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_clinical_facts_made_by_users")),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_clinical_facts_photo_id_photos"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_clinical_facts_study_id_studies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinical_facts")),
    )
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in ("analysis_id", "made_by", "photo_id", "study_id"):
            batch_op.create_index(batch_op.f(f"ix_clinical_facts_{column}"), [column], unique=False)


def downgrade() -> None:
    """There is no way back but a backup."""
    raise NotImplementedError("Restore a backup.")
