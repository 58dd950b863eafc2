"""Policies that come with the program, one for each service that a card commonly serves."""

from __future__ import annotations

from functools import cache
from importlib import resources

_FOLDER = "template_data"


@cache
def template_names() -> tuple[str, ...]:
    """Return the names of all templates, sorted."""
    folder = resources.files(__package__).joinpath(_FOLDER)
    found = (one.name for one in folder.iterdir() if one.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in found))


def template_text(name: str) -> str:
    """Return a template as it is written.

    Raises:
        KeyError: there is no such template.
    """
    if name not in template_names():
        raise KeyError(name)
    file = resources.files(__package__).joinpath(_FOLDER, f"{name}.toml")
    return file.read_text("utf-8")
