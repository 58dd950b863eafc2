"""The edge: readers, taps, the virtual card, the client of the service."""
