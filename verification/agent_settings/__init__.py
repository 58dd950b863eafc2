"""What an administrator may set at a reader agent from afar, and how it travels (ADR-0031)."""
