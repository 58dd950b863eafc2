"""The counter: software at a one-stop counter leads taps through the agent on its own machine.

``desk`` takes its orders and tells what happens, ``api`` is how it asks (HTTP on loopback). The
holder follows on a screen of the agent's, where the PIN is typed: it never reaches the software.
"""
