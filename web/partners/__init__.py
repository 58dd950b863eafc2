"""Partners at the door: their register, their keys, OAuth tokens, limits. No SQL, no Flask."""
