"""To which sites of a study a member is bound."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the change."""
    for table in ("members", "invitations"):
        op.add_column(table, sa.Column("sites", sa.JSON(), nullable=True))
