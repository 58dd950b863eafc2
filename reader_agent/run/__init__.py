"""``reader-agent run``: the parts of an agent, and what holds them together."""
