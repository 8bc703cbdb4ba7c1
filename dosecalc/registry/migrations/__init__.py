"""How the tables of a study came to be as they are, one step after the other (alembic)."""
