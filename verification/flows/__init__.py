"""What partners ask beside a tap: a QR code, a card's state, a session at a counter."""
