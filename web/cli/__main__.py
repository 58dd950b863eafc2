"""``python -m web.cli`` is ``cardsvc``."""

from web.cli import main

main()
