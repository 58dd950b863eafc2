"""What settings point to has to be there: a slip must not fall back to what is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from web.named_files import require_named_files
from web.settings import Settings, SettingsError


@pytest.mark.parametrize("name", ["faces_dir", "privacy_dir", "webhook_ca_file"])
@pytest.mark.parametrize("path", ["absent", "text", "~there-is-nobody-of-that-name/x"])
def test_a_slip_is_named(tmp_path: Path, name: str, path: str) -> None:
    (tmp_path / "text").write_text("no folder, no certificate")
    with pytest.raises(SettingsError, match=f"^{name}: "):
        require_named_files(Settings(**{name: path if path[0] == "~" else str(tmp_path / path)}))  # type: ignore[arg-type]  # texts, all three


def test_a_folder_may_be_empty(tmp_path: Path) -> None:
    require_named_files(Settings(faces_dir=str(tmp_path), privacy_dir=str(tmp_path)))
    require_named_files(Settings())
