"""Figures for everyone: counted so that nobody is told of a few people."""
