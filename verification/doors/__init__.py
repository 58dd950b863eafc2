"""Opening a door from afar: two people at the service, one command, once and in time."""
