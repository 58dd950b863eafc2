"""Faces from the command line: one card, sheets, proofs, and the QR code checked offline."""

from __future__ import annotations

import io
import itertools
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from PIL import Image
from pypdf import PdfReader

from tests.support.command_line import CommandLine, serve_command_line
from tests.support.faces import page_images, portrait, scan

PERSONAL_NUMBER = re.compile(r"0461900\d{5}")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def desk(line: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    token = tmp_path_factory.mktemp("desk") / "token"
    token.write_text(line.cardsvc("agent", "enrol", "ban-1", "--name", "Bàn", "--operator", "q"))
    return ["--service-url", line.url, "--token-file", str(token)]


_NUMBERS = itertools.count(12345)


def request(line: CommandLine, folder: Path, card_type: str) -> str:
    form = folder / f"{card_type}.toml"
    example = line.cardsvc("application", "form", card_type)
    # somebody else each time: one person has one open request, whichever tests ran before
    form.write_text(example.replace("046190012345", f"0461900{next(_NUMBERS):05}"))
    application = line.cardsvc("application", "request", str(form), "--operator", "lan")
    line.cardsvc("application", "approve", application, "--operator", "hung")
    return application


def make(line: CommandLine, desk: list[str], folder: Path, card_type: str) -> tuple[str, str]:
    """Return an application and the GUID of its card."""
    application = request(line, folder, card_type)
    job = line.cardsvc("desk", "open-job", application, "--agent", "ban-1", "--operator", "mai")
    card = folder / f"{card_type}.json"
    line.agent("virtual", "new", str(card))
    line.agent("personalise", "--reader", f"virtual:{card}", *desk, "--job", job)
    shown = line.cardsvc("application", "show", application)
    guid = next(text.split()[1] for text in shown.splitlines() if text.startswith("card "))
    return application, guid


def test_a_face_is_printed_and_its_code_checked_offline(
    line: CommandLine, desk: list[str], tmp_path: Path
) -> None:
    _, guid = make(line, desk, tmp_path, "individual")
    photo, out = tmp_path / "anh.jpg", tmp_path / "the.pdf"
    photo.write_bytes(portrait())
    command = ("face", guid, "--out", str(out), "--operator", "mai")
    refused = line.cardsvc(*command, status=1)
    assert "face_field_missing" in refused
    assert not out.exists()
    line.cardsvc(*command, "--photo", str(photo), "--png")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    for side in ("front", "back"):
        with Image.open(tmp_path / f"the-{side}.png") as image:
            assert image.size == pytest.approx((1012, 638), abs=1)
    (text,) = scan(page_images(out.read_bytes(), 300)[1])

    scanned, keys = tmp_path / "qr.txt", tmp_path / "keys.json"
    scanned.write_text(text + "\n")
    keys.write_text(line.cardsvc("credential", "keys"))
    check = ("credential", "verify", str(scanned), "--keys", str(keys))
    verified = json.loads(line.cardsvc(*check))
    assert (verified["level"], verified["card"]) == ("X0", f"urn:uuid:{guid}")
    assert "credential_expired" in line.cardsvc(*check, "--at", "2050-01-01", status=1)
    assert "credential_misissued" in line.cardsvc(*check, "--issuer", "tinh-khac", status=1)
    scanned.write_text(text[:-2])
    assert "malformed_credential" in line.cardsvc(*check, status=1)
    keys.write_text("[]")
    assert "no JWK set" in line.cardsvc(*check, status=1)

    events = line.cardsvc("audit", "show", "--subject", guid)
    assert "card.face_made" in events


def test_sheets_and_proofs_and_what_stops_them(
    line: CommandLine, desk: list[str], tmp_path: Path
) -> None:
    made, guid = make(line, desk, tmp_path, "civil_servant")
    waiting = request(line, tmp_path, "business")
    out = tmp_path / "to.pdf"
    both = ("--application", made, "--application", waiting)
    common = ("--out", str(out), "--operator", "mai")
    refused = line.cardsvc("faces", *both, "--sheet", *common, status=1)
    assert f"{made}: face_field_missing" in refused
    assert f"{waiting}: card_unknown" in refused
    assert not out.exists()

    line.cardsvc("faces", *both, "--sheet", "--proof", *common)
    pages = PdfReader(io.BytesIO(out.read_bytes())).pages
    assert len(pages) == 4
    assert all("BẢN THỬ" in page.extract_text() for page in pages)

    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / f"{guid}.jpg").write_bytes(portrait())
    line.cardsvc("faces", "--card", guid, "--photos", str(photos), *common)
    pages = PdfReader(io.BytesIO(out.read_bytes())).pages
    assert len(pages) == 2
    assert PERSONAL_NUMBER.search(pages[0].extract_text())

    line.cardsvc("card", "spoil", guid, "--operator", "mai")
    ended = line.cardsvc("face", guid, "--proof", *common, status=1)
    assert "face_of_ended_card" in ended
    assert "give --card" in line.cardsvc("faces", *common, status=2)
    everything = line.cardsvc("audit", "show", "--limit", "1000")
    assert not PERSONAL_NUMBER.search(everything)


def test_an_installation_s_own_layout_is_used(
    line: CommandLine, desk: list[str], tmp_path: Path
) -> None:
    waiting = request(line, tmp_path, "individual")
    layout = line.cardsvc("face-layout", "individual") + "\n"
    folder, out = tmp_path / "faces", tmp_path / "the.pdf"
    folder.mkdir()
    own = CommandLine(line.url, line.environment | {"CARDSVC_FACES_DIR": str(folder)})
    command = ("faces", "--application", waiting, "--proof", "--out", str(out), "--operator", "mai")
    (folder / "individual.toml").write_text(layout.replace("CÁ NHÂN", "CƯ DÂN"))
    own.cardsvc(*command)
    assert "CƯ DÂN" in PdfReader(io.BytesIO(out.read_bytes())).pages[0].extract_text()
    sample = ("face-sample", "individual", "--out", str(out), "--png", "--dpi", "100")
    own.cardsvc(*sample)
    said = PdfReader(io.BytesIO(out.read_bytes())).pages[0].extract_text()
    assert "CƯ DÂN" in said
    assert "BẢN THỬ" in said
    (folder / "individual.toml").write_text(layout.replace("{full_name}", "{salary}"))
    assert "malformed_layout" in own.cardsvc(*command, status=1)


def test_the_keys_are_published(line: CommandLine) -> None:
    answer = urllib3.request("GET", f"{line.url}/.well-known/card-credential-keys.json")
    assert answer.json() == json.loads(line.cardsvc("credential", "keys"))
