"""One file an area; each has ``pages(services)``."""
