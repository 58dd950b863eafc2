"""How reader agents come to have keys, and how they sign in with them (ADR-0018)."""
