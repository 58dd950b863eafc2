"""Lost cards: reported, locked at once, and worked off by HR."""
