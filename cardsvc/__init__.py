"""The shared kernel: the card's language, identity, records, audit and store."""
