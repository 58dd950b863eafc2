"""A pytest plugin for partners: a sandbox service on loopback, virtual cards, taps.

pytest finds it by itself where cardsvc is installed (entry point ``pytest11``). What it offers is
in ``cardsvc_pytest.plugin``.
"""
