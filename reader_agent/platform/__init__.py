"""What differs between operating systems, one small file for each."""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from reader_agent.platform.windows import (
        flush_folder,
        free_octets,
        handed_socket,
        is_private,
        is_shared,
        make_private_file,
        service_notifier,
        share,
        smart_card_devices,
        sole_use,
    )
else:
    from reader_agent.platform.posix import (
        flush_folder,
        free_octets,
        handed_socket,
        is_private,
        is_shared,
        make_private_file,
        service_notifier,
        share,
        smart_card_devices,
        sole_use,
    )

__all__ = [
    "flush_folder",
    "free_octets",
    "handed_socket",
    "is_private",
    "is_shared",
    "make_private_file",
    "service_notifier",
    "share",
    "smart_card_devices",
    "sole_use",
]
