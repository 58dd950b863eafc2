"""Deciding while the service is away: by its last signed bundle, and by the same core."""
