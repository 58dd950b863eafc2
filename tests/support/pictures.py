"""Takes the pictures of the console that the guides show: ``python -m tests.support.pictures``.

A demonstration service with operators and agents is served in a temporary folder; the pictures
go to ``docs/img/console-*.png`` and ``api-reference.png``, 1280 by 720. Names, such as ``policy
doors``, take those of the console's pages alone.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser import CHROMIUM, WHY_NOT, Watched, open_chromium
from tests.support.console import serve_console
from tests.support.console_people import IMPORT, KHUE
from tests.support.console_records import BATCH, guid_of
from tests.support.field_examples import DOOR_AGENT
from tests.support.installations import RELYING_PARTY
from tests.support.integration_examples import WEBHOOK
from tests.support.picture_scenes import ARCHIVE, set_the_scene

FOLDER = Path(__file__).parents[2] / "docs" / "img"
AFTER_SIGN_IN = {
    "overview": "/console",
    "holders": "/console/holders",
    "holder": f"/console/holders/{KHUE}",
    "import": f"/console/imports/{IMPORT}",
    "applications": "/console/applications?state=requested",
    "application": "/console/applications/cho-duyet",
    "cards": "/console/cards",
    "card": f"/console/cards/{guid_of('dang-dung')}",
    "batch": f"/console/batches/{BATCH}",
    "desk": "/console/desk",
    "stock": "/console/stock",
    "attendance": "/console/attendance/sheet?agency=H57&unit=&month=11&year=2026",
    "doors": "/console/doors",
    "policy": f"/console/policies/{RELYING_PARTY}/versions/1?service={ARCHIVE}",
    "webhook": f"/console/webhooks/{WEBHOOK}",
    "operators": "/console/operators",
    "agents": "/console/agents",
    "settings": f"/console/agents/{DOOR_AGENT}/settings",
    "audit": "/console/audit",
    "components": "/console/components",
}
WHOLE = {"attendance", "policy"}
"""Pages of which the foot is shown, too."""


def main(names: Sequence[str] = ()) -> int:
    """Take every picture, or those of the console's pages that are named."""
    if CHROMIUM is None:
        sys.stderr.write(f"{WHY_NOT}\n")
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_console(Path(folder)) as console,
        open_chromium() as chromium,
    ):
        set_the_scene(console)
        watched = Watched(chromium, console, reduced_motion="reduce")
        watched.page.goto("/console/sign-in")
        if not names:
            save(watched.page, "sign-in")
        page = watched.sign_in(console.everything)
        for name in names or AFTER_SIGN_IN:
            page.goto(AFTER_SIGN_IN[name])
            save(page, name)
        if names:
            return 0
        page.goto("/console/operators/new")
        page.get_by_label("Họ và tên").fill("Trần Văn Đức")
        page.get_by_role("button", name="Thêm người dùng").click()
        save(page, "faults")
        page.goto("/api/docs#partner_flows_card_status_post")
        page.screenshot(path=FOLDER / "api-reference.png")
        watched.close()
    return 0


def save(page: Page, name: str) -> None:
    """Take one picture, as soon as fonts and charts are there."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=FOLDER / f"console-{name}.png", full_page=name in WHOLE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
