"""The virtual PIV card; shares no code with the client session."""
