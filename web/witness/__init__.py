"""Witnesses of the audit log: a second instance that cosigns, and the log's side that asks it."""
