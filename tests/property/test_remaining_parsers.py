"""Every public parser is fed junk; here those that no file of their own drives."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.canonical_json import parse_document
from cardsvc.card import tlv
from cardsvc.card.apdu import ResponseApdu
from cardsvc.card.cbeff import parse_instant
from cardsvc.card.cms_algorithms import RSASSA_PSS, parse_signature_algorithm
from cardsvc.card.commands import parse_application_properties, parse_authentication, parse_object
from cardsvc.card.piv import Algorithm, ObjectTag
from cardsvc.card.public_key import parse_generated_key
from cardsvc.card.status import StatusWord
from cardsvc.card.template import parse_date, parse_template
from cardsvc.errors import CardError, Malformed, ReasonCode
from cardsvc.terms import CardType
from issuance.application_form import example_form, parse_application_form
from reader_agent.personas.realm_file import parse_realm
from verification.path.names import parse_rdn
from verification.status.crl import parse_crl

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("cardsvc", "issuance", "keys", "verification", "reader_agent")
REASON = ReasonCode.MALFORMED_CHUID

DRIVEN_OTHERWISE: dict[str, str] = {}


def response(octets: bytes) -> ResponseApdu:
    return ResponseApdu(octets, StatusWord(0x9000))


OCTETS: dict[str, Callable[[bytes], object]] = {
    "parse_document": lambda junk: parse_document(
        junk, members=frozenset({"v"}), version=1, most=1000
    ),
    "parse_one": lambda junk: tlv.parse_one(junk, 0x53),
    "parse_template": lambda junk: parse_template(junk, REASON),
    "parse_date": lambda junk: parse_date(junk, REASON),
    "parse_instant": lambda junk: parse_instant(junk, REASON),
    "parse_application_properties": lambda junk: parse_application_properties(response(junk)),
    "parse_object": lambda junk: parse_object(response(junk), ObjectTag.CHUID),
    "parse_authentication": lambda junk: parse_authentication(response(junk)),
    "parse_generated_key": lambda junk: parse_generated_key(response(junk), Algorithm.ECC_P256),
    "parse_signature_algorithm": lambda junk: parse_signature_algorithm(RSASSA_PSS, junk, "sha256"),
    "parse_crl": parse_crl,
    "parse_rdn": parse_rdn,
    "parse_realm": parse_realm,
}


@pytest.mark.parametrize("parse", OCTETS.values(), ids=OCTETS.keys())
@settings(max_examples=60)
@given(junk=st.binary(max_size=60) | st.binary(max_size=12).map(lambda one: tlv.encode(0x7C, one)))
def test_junk_raises_nothing_but_typed_errors(
    parse: Callable[[bytes], object], junk: bytes
) -> None:
    with contextlib.suppress(Malformed, CardError):
        parse(junk)


def parse_form(text: str) -> object:
    return parse_application_form(text, new_holder_id="holder-9")


@pytest.mark.reason(ReasonCode.MALFORMED_FORM)
@settings(max_examples=100)
@given(st.text(max_size=120) | st.from_regex(r"(holder|card_type)\s?=\s?[\[{\"0-9-]{0,5}"))
def test_a_form_of_junk_is_malformed(junk: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_form(junk)
    assert caught.value.reason is ReasonCode.MALFORMED_FORM


@settings(max_examples=150)
@given(st.sampled_from(list(CardType)), st.data())
def test_a_changed_form_is_malformed_or_read(card_type: CardType, data: st.DataObject) -> None:
    lines = example_form(card_type).splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    start = data.draw(st.integers(0, len(lines[index])))
    lines[index] = lines[index][:start] + data.draw(st.text(max_size=6)) + lines[index][start + 1 :]
    with contextlib.suppress(Malformed):
        parse_form("\n".join(lines))


def public_parsers() -> Iterator[str]:
    for package in PACKAGES:
        for file in (REPOSITORY / package).rglob("*.py"):
            yield from _parsers_of(ast.parse(file.read_text("utf-8")))


def _parsers_of(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("parse_"):
            yield node.name
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("parse"):
                    decorators = {ast.unparse(one) for one in inner.decorator_list}
                    if "classmethod" in decorators:
                        yield f"{node.name}.{inner.name}"


def test_every_public_parser_is_driven_by_a_property_test() -> None:
    tests = "\n".join(one.read_text("utf-8") for one in Path(__file__).parent.glob("*.py"))
    parsers = set(public_parsers())
    assert len(parsers) > 50
    undriven = {
        name
        for name in parsers - DRIVEN_OTHERWISE.keys()
        if not re.search(rf"(?<!\w){re.escape(name)}\b", tests)
    }
    assert not undriven
    assert parsers >= DRIVEN_OTHERWISE.keys()
