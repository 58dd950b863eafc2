"""Doors: who may pass is decided elsewhere; here a lock is opened for it, once and in time."""
