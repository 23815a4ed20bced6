"""Reader studies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    op.create_table(
        "reader_studies",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("study_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("design", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_reader_studies_made_by_users")),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_reader_studies_study_id_studies")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_studies")),
    )
    op.create_index(op.f("ix_reader_studies_made_by"), "reader_studies", ["made_by"])
    op.create_index(op.f("ix_reader_studies_study_id"), "reader_studies", ["study_id"])
    op.create_table(
        "reading_cases",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("reader_study_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("photo_id", sa.String(length=20), nullable=True),
        sa.Column("training", sa.Boolean(), nullable=False),
        sa.Column("truth", sa.String(length=40), nullable=False),
        sa.Column("help", sa.JSON(), nullable=False),
        _of("reading_cases", "reader_study_id", "reader_studies"),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photos.id"], name=op.f("fk_reading_cases_photo_id_photos"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_cases")),
        sa.UniqueConstraint(
            "reader_study_id", "number", name=op.f("uq_reading_cases_reader_study_id_number")
        ),
        sa.UniqueConstraint(
            "reader_study_id", "photo_id", name=op.f("uq_reading_cases_reader_study_id_photo_id")
        ),
    )
    op.create_index(op.f("ix_reading_cases_photo_id"), "reading_cases", ["photo_id"])
    op.create_table(
        "readers",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("reader_study_id", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.String(length=20), nullable=False),
        sa.Column("pseudonym", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("adjudicator", sa.Boolean(), nullable=False),
        sa.Column("sees_photos", sa.Boolean(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _of("readers", "reader_study_id", "reader_studies"),
        _of("readers", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readers")),
        sa.UniqueConstraint(
            "reader_study_id", "pseudonym", name=op.f("uq_readers_reader_study_id_pseudonym")
        ),
        sa.UniqueConstraint("reader_study_id", "user_id", name=op.f("uq_readers_reader_study_id_user_id")),
    )
    op.create_index(op.f("ix_readers_user_id"), "readers", ["user_id"])
    _readings()
    op.create_table(
        "cases_shown",
        sa.Column("reader_id", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _of("cases_shown", "case_id", "reading_cases"),
        _of("cases_shown", "reader_id", "readers"),
        sa.PrimaryKeyConstraint("reader_id", "place", name=op.f("pk_cases_shown")),
    )
    _reports()
    _only_added_to()


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("reader_study_id", sa.String(length=20), nullable=False),
        sa.Column("reader_id", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.String(length=20), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("session", sa.Integer(), nullable=False),
        sa.Column("helped", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("confidence", sa.Integer(), nullable=True),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("plausible", sa.Boolean(), nullable=False),
        sa.Column("corrects", sa.String(length=20), nullable=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _of("readings", "reader_study_id", "reader_studies"),
        _of("readings", "reader_id", "readers"),
        _of("readings", "case_id", "reading_cases"),
        _of("readings", "corrects", "readings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint("corrects", name=op.f("uq_readings_corrects")),
        sa.UniqueConstraint("reader_id", "key", name=op.f("uq_readings_reader_id_key")),
    )
    op.create_index("ix_readings_case", "readings", ["case_id"])
    op.create_index("ix_readings_reader_study", "readings", ["reader_study_id"])
    first = sa.text("corrects IS NULL")
    op.create_index(
        "uq_readings_first",
        "readings",
        ["reader_id", "place"],
        unique=True,
        sqlite_where=first,
        postgresql_where=first,
    )


def _reports() -> None:
    op.create_table(
        "reading_reports",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("reader_study_id", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.DateTime(timezone=True), nullable=True),
        _of("reading_reports", "reader_study_id", "reader_studies"),
        _of("reading_reports", "made_by", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_reports")),
    )
    op.create_index(op.f("ix_reading_reports_made_by"), "reading_reports", ["made_by"])
    op.create_index(op.f("ix_reading_reports_reader_study_id"), "reading_reports", ["reader_study_id"])
    op.create_table(
        "reading_files",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("report_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _of("reading_files", "report_id", "reading_reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_files")),
        sa.UniqueConstraint("report_id", "name", name=op.f("uq_reading_files_report_id_name")),
    )


def _only_added_to() -> None:
    """Answers are not changed, whatever the program does; they can only go with a whole study."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER readings_no_update BEFORE UPDATE ON readings "
            "BEGIN SELECT RAISE(ABORT, 'answers are only added to'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION readings_are_kept() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'answers are only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER readings_are_kept BEFORE UPDATE ON readings "
        "FOR EACH STATEMENT EXECUTE FUNCTION readings_are_kept()"
    )


def downgrade() -> None:
    """There is no way back but a backup."""
    raise NotImplementedError("Restore a backup.")
