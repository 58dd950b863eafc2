"""Overseeing the service: the audit log's checks, the figures of an operator's agencies."""
