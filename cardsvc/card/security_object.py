"""The Security Object: signed hashes that hold a card's objects together.

Spec: SP 800-73-5 Part 1 section 3.1.7 and table 12; the LDS Security Object of ICAO 9303-10
section 4.6.2.2 (formerly the technical report "PKI for Machine Readable Travel Documents"
1.1 of 2004, which SP 800-73 refers to).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cryptography import x509

from cardsvc.card import asn1, tlv
from cardsvc.card.cms import (
    OID_LDS_SECURITY_OBJECT,
    OID_LDS_SECURITY_OBJECT_OLD,
    SignedData,
    parse_signed_data,
    verify_signed_data,
)
from cardsvc.card.cms_algorithms import (
    DIGEST_OIDS,
    STRONG_DIGESTS,
    compute_digest,
    digest_by_oid,
    hash_of,
)
from cardsvc.card.cms_signing import SignatureSettings, sign_encapsulated
from cardsvc.card.piv import CONTAINER_ID, ObjectTag
from cardsvc.card.template import TAG_ERROR_DETECTION_CODE, parse_template, require
from cardsvc.errors import Malformed, ReasonCode, VerificationError

TAG_MAPPING = 0xBA
TAG_SECURITY_OBJECT = 0xBB
_TRIPLE_OCTETS = 3
MAX_DATA_GROUPS = 16
"""Data groups of a travel document; SP 800-73-5 maps the containers onto them."""
CONTENT_TYPES = frozenset({OID_LDS_SECURITY_OBJECT, OID_LDS_SECURITY_OBJECT_OLD})
_MUST_BE_COVERED = frozenset({ObjectTag.PRINTED_INFORMATION})
"""Unsigned objects that speak of the holder: section 3.1.7 has them hashed if present."""
_OBJECT_BY_CONTAINER = {container: tag for tag, container in CONTAINER_ID.items()}


@dataclass(frozen=True, slots=True)
class UnverifiedSecurityObject:
    """A Security Object as read; trusted only after ``verify_security_object``.

    Args:
        mapping: data group number to container identifier; this part is not signed.
        digest: name of the hash algorithm.
        hashes: data group number to hash; this part is signed.
        signed: the parsed signature around the hashes.
    """

    mapping: Mapping[int, int]
    digest: str
    hashes: Mapping[int, bytes]
    signed: SignedData

    @property
    def covered_objects(self) -> frozenset[ObjectTag]:
        """The objects of SP 800-73-5 that have a hash here."""
        containers = (self.mapping[group] for group in self.hashes if group in self.mapping)
        tags = (_OBJECT_BY_CONTAINER.get(container) for container in containers)
        return frozenset(tag for tag in tags if tag is not None)


def parse_security_object(octets: bytes) -> UnverifiedSecurityObject:
    """Parse the object's contents.

    Raises:
        Malformed: MALFORMED_SECURITY_OBJECT for a field, triple or hash missing, repeated or
            of another length; MALFORMED_CMS for the signature around.
    """
    reason = ReasonCode.MALFORMED_SECURITY_OBJECT
    found = parse_template(octets, reason)
    mapping = _parse_mapping(require(found, TAG_MAPPING, reason))
    signed = parse_signed_data(require(found, TAG_SECURITY_OBJECT, reason))
    if signed.content_type not in CONTENT_TYPES or signed.content is None:
        raise Malformed(reason, "no LDS Security Object inside")
    digest, hashes = _parse_hashes(signed.content)
    return UnverifiedSecurityObject(mapping, digest, hashes, signed)


def _parse_mapping(octets: bytes) -> dict[int, int]:
    reason = ReasonCode.MALFORMED_SECURITY_OBJECT
    triples = [octets[at : at + _TRIPLE_OCTETS] for at in range(0, len(octets), _TRIPLE_OCTETS)]
    if not triples or len(triples[-1]) != _TRIPLE_OCTETS:
        raise Malformed(reason, "the mapping is not of triples")
    mapping = {triple[0]: int.from_bytes(triple[1:], "big") for triple in triples}
    if not len(triples) == len(mapping) == len(set(mapping.values())):
        raise Malformed(reason, "a data group or container is mapped twice")
    return mapping


def _parse_hashes(octets: bytes) -> tuple[str, dict[int, bytes]]:
    reason = ReasonCode.MALFORMED_SECURITY_OBJECT
    with asn1.parsing(reason, "LDS Security Object"):
        lds = asn1.LdsSecurityObject.load(octets, strict=True)
        if int(lds["version"]) not in (0, 1):
            raise Malformed(reason, "an unknown version")
        digest = digest_by_oid(lds["hash_algorithm"]["algorithm"].dotted)
        pairs = [(int(one["number"]), bytes(one["value"].native)) for one in lds["hashes"]]
    hashes = dict(pairs)
    if not hashes or len(hashes) != len(pairs):
        raise Malformed(reason, "no hash, or a data group stands twice")
    size = hash_of(digest).digest_size
    if any(len(value) != size for value in hashes.values()):
        raise Malformed(reason, "a hash has another length")
    return digest, hashes


def verify_security_object(
    security_object: UnverifiedSecurityObject, certificate: x509.Certificate | None = None
) -> x509.Certificate:
    """Verify the signature over the hashes; the objects themselves are for ``check_hashes``.

    Args:
        security_object: as parsed.
        certificate: the CHUID's signer, who must have signed this too.

    Returns:
        The signer's certificate, its path still to be validated.

    Raises:
        VerificationError: SECURITY_OBJECT_BAD_SIGNATURE or WEAK_ALGORITHM.
    """
    reason = ReasonCode.SECURITY_OBJECT_BAD_SIGNATURE
    signed = security_object.signed
    signer = signed.signer(() if certificate is None else (certificate,))
    if signer is None:
        raise VerificationError(reason, "the signer's certificate is missing")
    verify_signed_data(signed, None, signer, reason=reason)
    if security_object.digest not in STRONG_DIGESTS:
        raise VerificationError(ReasonCode.WEAK_ALGORITHM, "the hashes are weak")
    return signer


def check_hashes(
    security_object: UnverifiedSecurityObject, contents: Mapping[ObjectTag, bytes]
) -> frozenset[int]:
    """Compare the hashes with the objects at hand.

    Spec: SP 800-73-5 Part 1 section 3.1.7: the hash is over the contents of the container,
    which is all that stands inside tag 53 (the error detection code as well) or inside the
    Discovery Object's 7E; with 7E, since that table lists it among the contents.

    Args:
        security_object: verified before.
        contents: objects read, as ``PivSession.read_object`` returns them.

    Returns:
        Container identifiers that have a hash and were not at hand: absent from the card,
        not read, or none of SP 800-73-5's.

    Raises:
        VerificationError: OBJECT_HASH_MISMATCH, naming the object: its hash is another one,
            the (unsigned) mapping promises a hash that is not signed, or the Printed
            Information is at hand without a hash, which nothing else would vouch for. A hash
            without a mapping is let be: card makers leave them behind for objects removed.
    """
    reason = ReasonCode.OBJECT_HASH_MISMATCH
    if not security_object.mapping.keys() <= security_object.hashes.keys():
        raise VerificationError(reason, "the mapping names a data group without a hash")
    if (_MUST_BE_COVERED & contents.keys()) - security_object.covered_objects:
        raise VerificationError(reason, "an unsigned object on the holder has no hash")
    unchecked: set[int] = set()
    for group, container in security_object.mapping.items():
        tag = _OBJECT_BY_CONTAINER.get(container)
        content = None if tag is None else contents.get(tag)
        if tag is None or content is None:
            unchecked.add(container)
        elif not _is_hash(security_object, group, tag, content):
            raise VerificationError(reason, f"object {tag:X} is not the one hashed")
    return frozenset(unchecked)


def _is_hash(
    security_object: UnverifiedSecurityObject, group: int, tag: ObjectTag, content: bytes
) -> bool:
    forms = [content]
    if tag in (ObjectTag.DISCOVERY, ObjectTag.BIOMETRIC_GROUP_TEMPLATE):
        forms.append(tlv.encode(tag, content))
    expected_hash = security_object.hashes[group]
    return any(
        hmac.compare_digest(compute_digest(security_object.digest, form), expected_hash)
        for form in forms
    )


def sign_security_object(contents: Mapping[ObjectTag, bytes], settings: SignatureSettings) -> bytes:
    """Return the contents of a Security Object over ``contents``.

    The certificate is left out, as section 3.1.7 asks: the CHUID holds it.

    Args:
        contents: what stands inside each object's tag 53 (or 7E), 1 to 16 of them.
        settings: the content signer of the CHUID.

    Raises:
        Malformed: no object, or more than the 16 data groups.
        CardError: the signer can't sign.
    """
    if not 1 <= len(contents) <= MAX_DATA_GROUPS:
        raise Malformed(ReasonCode.MALFORMED_SECURITY_OBJECT, "1 to 16 objects can be hashed")
    groups = dict(enumerate(sorted(contents), start=1))
    mapping = b"".join(
        bytes([group]) + CONTAINER_ID[tag].to_bytes(2, "big") for group, tag in groups.items()
    )
    lds = asn1.LdsSecurityObject(
        {
            "version": 0,
            "hash_algorithm": {"algorithm": DIGEST_OIDS[settings.digest]},
            "hashes": [
                {"number": group, "value": compute_digest(settings.digest, contents[tag])}
                for group, tag in groups.items()
            ],
        }
    )
    signature = sign_encapsulated(
        lds.dump(), OID_LDS_SECURITY_OBJECT_OLD, replace(settings, include_certificate=False)
    )
    return tlv.encode_all(
        [
            (TAG_MAPPING, mapping),
            (TAG_SECURITY_OBJECT, signature),
            (TAG_ERROR_DETECTION_CODE, b""),
        ]
    )
