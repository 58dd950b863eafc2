"""Regular work in the serving process: due steps, one process at a time, each step by itself."""
