"""``python -m reader_agent``: the same as the command ``reader-agent``."""

from reader_agent.cli import main

main()
