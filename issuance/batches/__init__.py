"""Changes to many cards at once: planned, shown, then done card by card."""
