"""Folders for what a whole test process shares."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path


def process_folder(prefix: str) -> Path:
    """Make a folder that goes with this process, at its natural end."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
