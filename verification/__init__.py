"""The verification core: pure rules over records, one instant and ports."""
