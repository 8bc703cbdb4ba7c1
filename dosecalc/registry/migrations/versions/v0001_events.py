"""Events that are never changed, and the tables that are derived from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dosecalc.registry.schema import guards

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, their indexes and the guards."""
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("participant", sa.Text),
        sa.Column("visit", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("at", "at_local", "entered_at", "entered_by", "role")),
        sa.Column("reason", sa.Text),
        sa.Column("corrects", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("program", "protocol_sha256", "public")),
        sa.Column("sealed", sa.LargeBinary),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("public_hash", "hash")),
    )
    op.create_index("events_participant", "events", ["participant", "number"])
    op.create_index("events_kind", "events", ["kind", "participant", "number"])
    op.create_table(
        "visits_now",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("participant", "visit")),
        *(sa.Column(name, sa.Text) for name in ("target", "earliest", "latest", "booked", "attended")),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("day", sa.Text),
    )
    op.create_index("visits_now_day", "visits_now", ["day"])
    op.create_index("visits_now_standing", "visits_now", ["standing", "day"])
    op.create_index("visits_now_begun", "visits_now", ["standing", "earliest"])
    op.create_table(
        "participants_now",
        sa.Column("participant", sa.Text, primary_key=True),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
    op.create_table("meta", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    for statement in guards(op.get_bind().dialect.name):
        op.execute(statement)
