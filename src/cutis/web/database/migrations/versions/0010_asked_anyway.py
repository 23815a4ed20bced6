"""That a person asked a model about a photo of another kind is a column, not a part of the result."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change; what stood in place of a result while it waited goes."""
    op.add_column(
        "analyses", sa.Column("asked_anyway", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    analyses = sa.table(
        "analyses",
        sa.column("state", sa.String()),
        sa.column("result", sa.JSON(none_as_null=True)),
        sa.column("asked_anyway", sa.Boolean()),
    )
    asked = analyses.c.result["asked_anyway"].as_boolean()
    op.execute(analyses.update().where(asked).values(asked_anyway=True))
    waits = analyses.c.asked_anyway, analyses.c.state == "waiting"
    op.execute(analyses.update().where(*waits).values(result=sa.null()))


def downgrade() -> None:
    """There is no way back but a backup."""
    raise NotImplementedError("Restore a backup.")
