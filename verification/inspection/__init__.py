"""Inspection: everything that can be said about one card from what was read of it."""
