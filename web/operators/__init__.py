"""Who works with the console: passwords, second factors, signing in, sessions, the register."""
