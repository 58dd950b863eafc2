"""The testers' realm: a small PKI of its own and cards of every kind, good and bad.

Nothing here is ever trusted outside tests: the realm's root is made afresh on each machine.
"""
