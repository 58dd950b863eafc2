"""The collector of cyclic garbage, in a process that serves for weeks."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 20_000
"""Between two collections of the youngest; Python's own 700 are a single group of decisions."""


def spare_what_stays() -> None:
    """Take what there is now out of all later collections: it is there for good.

    Modules, tables, routes and statements are some hundred thousand objects, and each full
    collection looks through all of them. What is made from now on is collected as before.

    Spec: Python's library reference, ``gc.freeze``.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
