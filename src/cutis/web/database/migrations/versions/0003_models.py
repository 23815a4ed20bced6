"""Models of studies."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "bundles",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("rendered", sa.Boolean(), nullable=False),
        sa.Column("shipped", sa.String(length=80), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.String(length=20), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_bundles_added_by_users")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_bundles")),
    )
    with op.batch_alter_table("bundles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bundles_task"), ["task"], unique=False)

    op.create_table(
        "study_models",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("bundle_digest", sa.String(length=64), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["bundle_digest"], ["bundles.digest"], name=op.f("fk_study_models_bundle_digest_bundles")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["users.id"], name=op.f("fk_study_models_set_by_users")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_study_models_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study_models")),
    )
    with op.batch_alter_table("study_models", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_study_models_study_id"), ["study_id"], unique=False)
    op.create_index(
        "ix_study_models_in_force",
        "study_models",
        ["study_id", "task"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )

    op.create_table(
        "photo_labels",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("photo_id", sa.String(length=20), nullable=False),
        sa.Column("task", sa.String(length=80), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_photo_labels_made_by_users")),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_photo_labels_photo_id_photos"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_photo_labels_study_id_studies")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo_labels")),
    )
    with op.batch_alter_table("photo_labels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photo_labels_photo_id"), ["photo_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_photo_labels_study_id"), ["study_id"], unique=False)
