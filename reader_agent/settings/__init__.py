"""What an administrator sets at this agent from afar: taken, tried, kept or undone (ADR-0031)."""
