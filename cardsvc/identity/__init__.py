"""Vietnamese identifiers and names; data tables stand beside the code."""
