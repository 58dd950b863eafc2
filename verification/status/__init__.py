"""Revocation status of a certification path: CRLs (RFC 5280 section 6.3) and OCSP (RFC 6960)."""
