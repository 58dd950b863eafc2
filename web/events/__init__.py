"""Telling partners what happened: the feed that they pull, the webhooks that we call."""
