"""SQLAlchemy: one schema, migrations, one narrow store per consumer."""
