"""``reader-agent doctor``: looks for the usual faults and says how each is mended."""
