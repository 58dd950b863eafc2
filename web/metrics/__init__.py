"""Measuring the service for those who run it: counters, times, and how its parts stand."""
