"""A PIV card that knows SP 800-73-4 Part 2 and nothing else: no code of ours in it.

Any program that reads cards must get on with it: it answers 6A82 for what it has not, sends
61xx in pieces of the size it likes, and takes short APDUs with chaining alone unless told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from tests.support.foreign.encoding import tlv
from tests.support.foreign.keys import PrivateKey

AID = bytes.fromhex("A000000308000010000100")
GATED = frozenset({0x5FC103, 0x5FC108, 0x5FC109, 0x5FC121})
_RSA = {0x06: 128, 0x07: 256, 0x05: 384, 0x16: 512}
_CURVES = {0x11: "secp256r1", 0x14: "secp384r1"}
PIN = "123456"


@dataclass
class ForeignCard:
    """A card between power-on and removal.

    Args:
        objects: tag to contents, without the 53 envelope (7E: without 7E).
        keys: key reference to private key.
        pins: reference to PIN; 00 is the global one.
        tries: tries left of each.
        piece: octets given before the card says 61xx.
        extended: takes extended APDUs.
        count_on_empty_verify: answers a VERIFY without data by the tries left.
    """

    objects: dict[int, bytes]
    keys: dict[int, PrivateKey]
    pins: dict[int, str] = field(default_factory=lambda: {0x80: PIN})
    tries: dict[int, int] = field(default_factory=dict)
    piece: int = 256
    extended: bool = False
    atr: bytes = bytes.fromhex("3BDB960080B1FE451F830031C064C7FC10000F900076")
    full_aid_only: bool = False
    selected: bool = False
    verified: set[int] = field(default_factory=set)
    verifications: list[tuple[int, bool]] = field(default_factory=list)
    _chained: bytes = b""
    _rest: bytes = b""

    def power_on(self) -> None:
        self.selected, self.verified, self._chained, self._rest = False, set(), b"", b""

    def power_off(self) -> None:
        self.power_on()

    def close(self) -> None:
        self.power_off()

    def transmit(self, command: bytes) -> bytes:
        cla, ins, p1, p2 = command[:4]
        data, ne = self._body(command[4:])
        if data is None:
            return b"\x67\x00"
        if ins == 0xC0:
            return self._send(self._rest, ne) if self._rest else b"\x69\x85"
        self._rest = b""
        if cla & 0x10:
            self._chained += data
            return b"\x90\x00"
        data, self._chained = self._chained + data, b""
        answer, status = self._run(ins, p1, p2, data)
        return status if status != b"\x90\x00" else self._send(answer, ne)

    def _body(self, body: bytes) -> tuple[bytes | None, int]:
        if len(body) >= 3 and body[0] == 0:
            if not self.extended:
                return None, 0
            size = int.from_bytes(body[1:3], "big")
            if len(body) == 3:
                return b"", size or 0x10000
            return body[3 : 3 + size], 0x10000 if len(body) > 3 + size else 0
        if len(body) <= 1:
            return b"", (body[0] or 256) if body else 0
        size, rest = body[0], body[1 + body[0] :]
        if len(body) < 1 + size or len(rest) > 1:
            return None, 0
        return body[1 : 1 + size], (rest[0] or 256) if rest else 256

    def _send(self, answer: bytes, ne: int) -> bytes:
        size = min(self.piece, ne) if ne <= 256 else ne
        part, self._rest = answer[:size], answer[size:]
        left = len(self._rest)
        return part + (b"\x90\x00" if not left else bytes([0x61, left if left < 256 else 0]))

    def _run(self, ins: int, p1: int, p2: int, data: bytes) -> tuple[bytes, bytes]:
        if ins == 0xA4:
            return self._select(data)
        if not self.selected:
            return b"", b"\x6d\x00"
        if ins == 0xCB:
            return self._get_data(data)
        if ins == 0x20:
            return b"", self._verify(p2, data)
        if ins == 0x87:
            return self._authenticate(p1, p2, data)
        return b"", b"\x6d\x00"

    def _select(self, data: bytes) -> tuple[bytes, bytes]:
        fits = data == AID if self.full_aid_only else len(data) >= 5 and AID.startswith(data)
        if not fits:
            return b"", b"\x6a\x82"
        self.power_on()
        self.selected = True
        authority = tlv(0x79, tlv(0x4F, AID[:5]))
        return tlv(0x61, tlv(0x4F, AID[5:]), authority, tlv(0x50, b"Foreign PIV")), b"\x90\x00"

    def _get_data(self, data: bytes) -> tuple[bytes, bytes]:
        if data[:1] != b"\x5c":
            return b"", b"\x6a\x80"
        tag = int.from_bytes(data[2:], "big")
        if tag not in self.objects:
            return b"", b"\x6a\x82"
        if tag in GATED and not self.verified:
            return b"", b"\x69\x82"
        return tlv(tag if tag in (0x7E, 0x7F61) else 0x53, self.objects[tag]), b"\x90\x00"

    def _verify(self, reference: int, data: bytes) -> bytes:
        if reference not in self.pins:
            return b"\x6a\x88"
        left = self.tries.setdefault(reference, 3)
        if not data:
            return b"\x90\x00" if reference in self.verified else self._count(left)
        if not left:
            return b"\x69\x83"
        good = data == self.pins[reference].encode().ljust(8, b"\xff")
        self.verifications.append((reference, good))
        self.tries[reference] = 3 if good else left - 1
        if good:
            self.verified.add(reference)
            return b"\x90\x00"
        return self._count(left - 1)

    def _count(self, left: int) -> bytes:
        return bytes([0x63, 0xC0 | left]) if left else b"\x69\x83"

    def _authenticate(self, algorithm: int, reference: int, data: bytes) -> tuple[bytes, bytes]:
        private = self.keys.get(reference)
        if private is None:
            return b"", b"\x6a\x88"
        if reference != 0x9E and not self.verified:
            return b"", b"\x69\x82"
        template = dict(_walk(_walk(data)[0][1]))
        if isinstance(private, rsa.RSAPrivateKey):
            size = _RSA.get(algorithm)
            block = template.get(0x81, b"")
            if size is None or len(block) != size or private.key_size != size * 8:
                return b"", b"\x6a\x80"
            numbers = private.private_numbers()
            result = pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n)
            return tlv(0x7C, tlv(0x82, result.to_bytes(size, "big"))), b"\x90\x00"
        if _CURVES.get(algorithm) != private.curve.name:
            return b"", b"\x6a\x86"
        if 0x85 in template:
            point = ec.EllipticCurvePublicKey.from_encoded_point(private.curve, template[0x85])
            return tlv(0x7C, tlv(0x82, private.exchange(ec.ECDH(), point))), b"\x90\x00"
        digest = hashes.SHA256() if algorithm == 0x11 else hashes.SHA384()
        if len(template.get(0x81, b"")) != digest.digest_size:
            return b"", b"\x6a\x80"
        signature = private.sign(template[0x81], ec.ECDSA(utils.Prehashed(digest)))
        return tlv(0x7C, tlv(0x82, signature)), b"\x90\x00"


def _walk(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        tag, size, at = data[0], data[1], 2
        if size > 0x80:
            at = 2 + (size & 0x7F)
            size = int.from_bytes(data[2:at], "big")
        found.append((tag, data[at : at + size]))
        data = data[at + size :]
    return found
