"""The screen of an operations centre: what happens today, and how readers do."""
