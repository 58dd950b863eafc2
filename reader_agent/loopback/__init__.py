"""What the agent serves to programs on its own machine: the kiosk's page, the counter's API.

Nothing here listens on any other address than 127.0.0.1, and nothing trusts a caller for being on
this machine: ``guard`` looks at the host, the origin and the secret of every request.
"""
