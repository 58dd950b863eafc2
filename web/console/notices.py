"""A notice on the next page: what was just done."""

from __future__ import annotations

from flask import flash

from web.console.languages import Text


def notice(text: Text, *, good: bool = True) -> None:
    """Say something on the page that is shown next; it holds no personal data.

    Args:
        text: what was done, or what did not work.
        good: False for what did not work.
    """
    flash(str(text), "good" if good else "warning")
