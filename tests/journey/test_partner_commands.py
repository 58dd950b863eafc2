"""``cardsvc partner``: a partner with keys of its own, from enrolment to its last key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import urllib3

from tests.support.command_line import CommandLine, serve_command_line
from tests.support.partner_keys import SigningKey
from web.partners.oauth import ASSERTION_TYPE

BY = ("--operator", "quan-tri")
STATUS = "/api/v1/cards/6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e/status"


def metadata(line: CommandLine) -> dict[str, object]:
    address = f"{line.url}/.well-known/oauth-authorization-server"
    return dict(urllib3.request("GET", address).json())


def token(line: CommandLine, key: SigningKey) -> dict[str, object]:
    audience = metadata(line)["issuer"]
    fields = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": key.assertion("truong-hoc", datetime.now(UTC), aud=audience),
    }
    http = urllib3.PoolManager()
    address = f"{line.url}/oauth/token"
    answer = http.request_encode_body("POST", address, fields, encode_multipart=False)
    return dict(answer.json())


def test_a_partner_with_keys_of_its_own(tmp_path: Path) -> None:
    with serve_command_line(tmp_path) as line:
        given = line.cardsvc("partner", "enrol", "truong-hoc", "--name", "Trường", *BY)
        assert len(given) > 40
        line.cardsvc(
            "partner", "change", "truong-hoc", "--agency", "H57.12", "--scope", "verify",
            "--scope", "status", "--contact", "technical=it@truong.example",
            "--per-minute", "300", *BY,
        )  # fmt: skip
        key = SigningKey(kid="khoa-2026")
        file = tmp_path / "truong-hoc.jwks.json"
        file.write_bytes(key.key_set)
        listed = line.cardsvc("partner", "key", "add", "truong-hoc", str(file), *BY)
        assert "khoa-2026\tES256\tcounts" in listed
        # a new name gives no token to a partner with keys, unless somebody asks for one
        again = ("partner", "enrol", "truong-hoc", "--name", "Trường")
        assert not line.cardsvc(*again, *BY)
        assert len(line.cardsvc(*again, "--token", *BY)) > 40
        assert "token\tgiven at enrolment" in line.cardsvc("partner", "show", "truong-hoc")
        line.cardsvc(*again, "--no-token", *BY)
        # the same set again changes nothing
        assert not line.cardsvc("partner", "key", "add", "truong-hoc", str(file), *BY)
        shown = line.cardsvc("partner", "show", "truong-hoc")
        for part in ("realm\tproduction", "agency\tH57.12", "scopes\tstatus verify",
                     "300 a minute", "technical\tit@truong.example"):  # fmt: skip
            assert part in shown
        answer = token(line, key)
        assert answer["scope"] == "status verify"
        bearer = {"Authorization": f"Bearer {answer['access_token']}"}
        assert urllib3.request("GET", line.url + STATUS, headers=bearer).status == 404
        line.cardsvc("partner", "disable", "truong-hoc", *BY)
        assert urllib3.request("GET", line.url + STATUS, headers=bearer).status == 401
        line.cardsvc("partner", "enable", "truong-hoc", *BY)
        assert urllib3.request("GET", line.url + STATUS, headers=bearer).status == 404
        line.cardsvc("partner", "key", "revoke", "truong-hoc", "khoa-2026", *BY)
        assert urllib3.request("GET", line.url + STATUS, headers=bearer).status == 401
        assert token(line, key)["error"] == "invalid_client"
        assert "revoked" in line.cardsvc("partner", "key", "list", "truong-hoc")


def test_an_agreement_bounds_what_policies_may(tmp_path: Path) -> None:
    with serve_command_line(tmp_path) as line:
        line.cardsvc("partner", "enrol", "thu-vien", "--name", "Thư viện", "--no-token", *BY)
        agree = ("partner", "agree", "thu-vien")
        agreed = line.cardsvc(*agree, "--service", "muon-sach", "--attribute", "over_18",
                              "--level", "X2", "--fresh-for", "60", *BY)  # fmt: skip
        assert agreed in line.cardsvc("partner", "show", "thu-vien")
        assert '"minimum_level": "X2"' in agreed
        refused = line.cardsvc(*agree, "--attribute", "shoe_size", *BY, status=1)
        assert "malformed_policy" in refused
        assert line.cardsvc(*agree, *BY) == "{}"


def test_what_the_commands_refuse(tmp_path: Path) -> None:
    with serve_command_line(tmp_path) as line:
        line.cardsvc("partner", "enrol", "thu", "--name", "Thử", "--no-token",
                     "--realm", "sandbox", *BY)  # fmt: skip
        moved = ("partner", "enrol", "thu", "--name", "Thử", "--realm", "production", *BY)
        assert "stays there" in line.cardsvc(*moved, status=1)
        assert "thu\tenabled\tThử\tsandbox" in line.cardsvc("partner", "list")
        file = tmp_path / "key.json"
        file.write_text('{"kty": "oct", "k": "c2VjcmV0"}')
        refused = line.cardsvc("partner", "key", "add", "thu", str(file), *BY, status=1)
        assert "private or a secret key" in refused
        assert "c2VjcmV0" not in refused
        file.write_bytes(SigningKey().key_set)
        assert "malformed_date" in line.cardsvc(
            "partner", "key", "add", "thu", str(file), "--until", "2020-01-01", *BY, status=1
        )
        for command in (("show", "khac"), ("enable", "khac", *BY), ("key", "list", "khac"),
                        ("change", "khac", *BY),
                        ("key", "add", "khac", str(file), *BY)):  # fmt: skip
            refused = line.cardsvc("partner", *command, status=1)
            assert "relying_party_unknown" in refused
        unknown = ("partner", "key", "revoke", "thu", "khong-co", *BY)
        assert "partner_key_unknown" in line.cardsvc(*unknown, status=1)
        contact = ("partner", "change", "thu", "--contact", "boss=a@b.example", *BY)
        assert "ROLE=MAILBOX" in line.cardsvc(*contact, status=1)
