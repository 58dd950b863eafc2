"""Policy as data: which cards a service takes, when, where, at which level, and what it learns."""
