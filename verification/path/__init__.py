"""Certification path building and validation (RFC 5280 section 6.1), pure and at one instant."""
