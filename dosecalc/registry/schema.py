"""The tables of a study. `events` is the study; the others are derived from it and can be made again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

REVISION = "0001"
"""The newest migration. A store of another revision is not opened."""

metadata = sa.MetaData()

# No UNIQUE but the number: INSERT OR REPLACE would delete the row that it collides with, and no trigger would see it.
events = sa.Table(
    "events",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("participant", sa.Text),
    sa.Column("visit", sa.Text),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("at_local", sa.Text, nullable=False),
    sa.Column("entered_at", sa.Text, nullable=False),
    sa.Column("entered_by", sa.Text, key="user", nullable=False),  # `user` is a function of PostgreSQL
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("corrects", sa.Integer),
    sa.Column("program", sa.Text, nullable=False),
    sa.Column("protocol_sha256", sa.Text, nullable=False),
    sa.Column("public", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("public_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("events_participant", "participant", "number"),
    sa.Index("events_kind", "kind", "participant", "number"),
)

visits_now = sa.Table(
    "visits_now",
    metadata,
    sa.Column("participant", sa.Text, primary_key=True),
    sa.Column("visit", sa.Text, primary_key=True),
    sa.Column("target", sa.Text),
    sa.Column("earliest", sa.Text),
    sa.Column("latest", sa.Text),
    sa.Column("booked", sa.Text),
    sa.Column("attended", sa.Text),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("day", sa.Text),
    sa.Index("visits_now_day", "day"),
    sa.Index("visits_now_standing", "standing", "day"),
    sa.Index("visits_now_begun", "standing", "earliest"),
)

participants_now = sa.Table(
    "participants_now",
    metadata,
    sa.Column("participant", sa.Text, primary_key=True),
    sa.Column("first", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer, nullable=False),
)

meta = sa.Table(
    "meta", metadata, sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
)

GUARDS_SQLITE = {
    "events_never_changed": """
        CREATE TRIGGER events_never_changed BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never changed; record a correction'); END""",
    "events_never_deleted": """
        CREATE TRIGGER events_never_deleted BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never deleted; record a correction'); END""",
    # A BEFORE INSERT trigger runs before INSERT OR REPLACE deletes anything.
    "events_in_order": """
        CREATE TRIGGER events_in_order BEFORE INSERT ON events
        WHEN NEW.number IS NOT (SELECT COALESCE(MAX(number), 0) + 1 FROM events)
        BEGIN SELECT RAISE(ABORT, 'an event follows the one before; nothing is replaced'); END""",
}

GUARDS_POSTGRES = {
    "events_never_changed": """
        CREATE TRIGGER events_never_changed BEFORE UPDATE OR DELETE ON events
        FOR EACH ROW EXECUTE FUNCTION events_refuse()""",
    "events_never_emptied": """
        CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION events_refuse()""",
    "events_in_order": """
        CREATE TRIGGER events_in_order BEFORE INSERT ON events
        FOR EACH ROW EXECUTE FUNCTION events_follow()""",
}

FUNCTIONS_POSTGRES = (
    """CREATE FUNCTION events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'events are never changed or deleted; record a correction'; END $$""",
    """CREATE FUNCTION events_follow() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.number IS DISTINCT FROM (SELECT COALESCE(MAX(number), 0) + 1 FROM events) THEN
           RAISE EXCEPTION 'an event follows the one before; nothing is replaced';
         END IF;
         RETURN NEW;
       END $$""",
)


def guards(dialect: str) -> Sequence[str]:
    """Return the statements that make the database itself refuse what a study never does."""
    if dialect == "sqlite":
        return tuple(GUARDS_SQLITE.values())
    always = (f"ALTER TABLE events ENABLE ALWAYS TRIGGER {name}" for name in GUARDS_POSTGRES)
    return (*FUNCTIONS_POSTGRES, *GUARDS_POSTGRES.values(), *always)


def upgrade(connection: sa.Connection) -> None:
    """Bring the tables of a database to the newest revision, inside the transaction of `connection`."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(os.path.join(os.path.dirname(__file__), "migrations"))

    def steps(revision: object, _context: object) -> object:
        return script._upgrade_revs("head", revision)  # type: ignore[arg-type]  # as alembic's own documentation does

    with EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(connection=connection, target_metadata=metadata)
        environment.run_migrations()


def unguarded(connection: sa.Connection) -> list[str]:
    """Return the guards that are missing, changed, or not of dosecalc."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
        made = GUARDS_SQLITE
    else:
        found = connection.exec_driver_sql(
            "SELECT t.tgname, t.tgenabled::text || ' ' || p.prosrc || ' ' || pg_get_triggerdef(t.oid)"
            " FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
            " WHERE t.tgrelid = 'events'::regclass AND NOT t.tgisinternal"
        ).all()
        made = GUARDS_POSTGRES
    seen = {name: _plain(text) for name, text in found}
    kept = made if connection.dialect.name == "sqlite" else _always(made)
    return [name for name in sorted({*seen, *kept}) if seen.get(name) != _plain(kept.get(name, ""))]


def _always(made: dict[str, str]) -> dict[str, str]:
    """What PostgreSQL says of its guards: always enabled, the body of the function, the definition."""
    bodies = [text.split("$$")[1] for text in FUNCTIONS_POSTGRES]
    return {
        name: f"A {bodies[1 if 'events_follow' in text else 0]} {text}".replace("UPDATE OR DELETE", "DELETE OR UPDATE")
        for name, text in made.items()
    }


def _plain(text: str) -> str:
    return " ".join(text.replace("public.", "").split())
