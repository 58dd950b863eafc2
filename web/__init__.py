"""The WSGI application and the command line; bootstrap.py holds all wiring."""
