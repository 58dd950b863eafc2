"""One block of the management key's cipher (SP 800-78-5 table 6-3; SP 800-73-5 Part 2 app. A)."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from cardsvc.card.piv import Algorithm

from .state import ManagementKey


def _cipher(key: ManagementKey) -> Cipher[ECB]:
    # One random block at a time is what the protocol enciphers; there is no mode to choose.
    if key.algorithm in (Algorithm.TDES, Algorithm.TDES_DEFAULT):
        return Cipher(TripleDES(key.octets), ECB())  # noqa: S305 - one block, as PIV has it
    return Cipher(AES(key.octets), ECB())  # noqa: S305 - one block, as PIV has it


def _run(context: CipherContext, block: bytes) -> bytes:
    return context.update(block) + context.finalize()


def encrypt_block(key: ManagementKey, block: bytes) -> bytes:
    """Encipher one block (8 octets for 3DES, 16 for AES)."""
    return _run(_cipher(key).encryptor(), block)


def decrypt_block(key: ManagementKey, block: bytes) -> bytes:
    """Decipher one block (8 octets for 3DES, 16 for AES)."""
    return _run(_cipher(key).decryptor(), block)
