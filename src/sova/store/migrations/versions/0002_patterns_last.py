"""The last pattern set that was tried on a build, so that each one is applied to the past once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Until now an answer was that of the last pattern set tried."""
    op.add_column(
        "diagnoses",
        sa.Column(
            "patterns_last",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="The last pattern set that was tried; another one where its answer read less than this.",
        ),
    )
    op.execute("UPDATE diagnoses SET patterns_last = patterns_version")
