"""Measurements beside their bare limits; ``python -m bench`` runs them all."""
