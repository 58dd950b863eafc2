"""The witness: cosigns a checkpoint only if it extends what it cosigned before.

Spec: C2SP tlog-witness, ``add-checkpoint``; its steps and statuses are in its order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.checkpoint import (
    CosigningRequest,
    SignedCheckpoint,
    encode_signatures,
    parse_cosigning_request,
)
from cardsvc.errors import Malformed
from cardsvc.merkle import EMPTY_ROOT, verify_consistency
from web.witness.ports import CosigningKey, ParseKey, PublicNoteKey, WitnessState
from web.witness.state import last_size

_PLAIN, _SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What a witness answers over HTTP."""

    status: int
    body: bytes = b""
    content_type: str = _PLAIN


@dataclass(frozen=True, slots=True)
class Witness:
    """Watches logs.

    Args:
        state: what it cosigned last.
        key: cosigns.
        parse_key: parses the logs' keys.
    """

    state: WitnessState
    key: CosigningKey
    parse_key: ParseKey

    def add_checkpoint(self, body: bytes, at: datetime) -> WitnessAnswer:
        """Cosign a checkpoint that is signed by its log and extends the last one.

        Raises:
            StoreError: what was remembered can't be read; nothing is cosigned then.
            OSError: the checkpoint can't be remembered; nothing is cosigned then.
        """
        try:
            request = parse_cosigning_request(body)
        except Malformed:
            return WitnessAnswer(400)
        asked = request.signed.checkpoint
        log = self.state.log(asked.origin)
        if log is None:
            return WitnessAnswer(404)
        signed = _by(request.signed, self.parse_key(log.key))
        if signed is None:
            return WitnessAnswer(403)
        if request.old_size > asked.size:
            return WitnessAnswer(400)
        size = last_size(log)
        root = EMPTY_ROOT if log.last is None else log.last.checkpoint.root_hash
        if request.old_size != size or (asked.size == size and asked.root_hash != root):
            return _conflict(size)
        if not _extends(request, root):
            return WitnessAnswer(422)
        if not self.state.move_on(asked.origin, request.old_size, signed):
            log = self.state.log(asked.origin)  # another request was faster
            return _conflict(size if log is None else last_size(log))
        return WitnessAnswer(200, encode_signatures([self.key.cosign(signed.text, at)]))

    def latest(self, origin: str, at: datetime) -> WitnessAnswer:
        """Return the last checkpoint that was cosigned, cosigned anew; 404 where there is none."""
        log = self.state.log(origin)
        if log is None or log.last is None:
            return WitnessAnswer(404)
        cosignature = self.key.cosign(log.last.text, at)
        return WitnessAnswer(200, log.last.note + encode_signatures([cosignature]))


def _extends(request: CosigningRequest, root: bytes) -> bool:
    asked = request.signed.checkpoint
    return verify_consistency(request.old_size, asked.size, root, asked.root_hash, request.proof)


def _conflict(size: int) -> WitnessAnswer:
    return WitnessAnswer(409, f"{size}\n".encode(), _SIZE)


def _by(signed: SignedCheckpoint, key: PublicNoteKey) -> SignedCheckpoint | None:
    """Return a note with the log's signatures alone; None where one is missing or false."""
    mine = tuple(one for one in signed.signatures if key.made(one))
    if not mine or not all(key.verify(signed.text, one) for one in mine):
        return None
    return replace(signed, signatures=mine)
