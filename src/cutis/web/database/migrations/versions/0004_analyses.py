"""Analyses of photos."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "analyses",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("photo_id", sa.String(length=20), nullable=False),
        sa.Column("bundle_digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("problem", sa.String(length=500), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(length=64), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_analyses_photo_id_photos"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_analyses_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
        sa.UniqueConstraint("photo_id", "bundle_digest", name=op.f("uq_analyses_photo_id_bundle_digest")),
    )
    with op.batch_alter_table("analyses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_analyses_bundle_digest"), ["bundle_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_analyses_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_analyses_study_id"), ["study_id"], unique=False)

    op.create_table(
        "prevalences",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("set_by", sa.String(length=20), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_prevalences_set_by_users")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_prevalences_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prevalences")),
        sa.UniqueConstraint("study_id", "task", "label", name=op.f("uq_prevalences_study_id_task_label")),
    )
    with op.batch_alter_table("prevalences", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_prevalences_set_by"), ["set_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_prevalences_study_id"), ["study_id"], unique=False)


def downgrade() -> None:
    """There is no way back but a backup."""
    raise NotImplementedError("Restore a backup.")
