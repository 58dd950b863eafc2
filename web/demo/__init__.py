"""The demonstration: three cards from request to revocation, over the real parts.

The one place where service and agent meet in a process (docs/adr/ADR-0001-layout.md); they
still talk HTTP to each other and PC/SC to the card.
"""
