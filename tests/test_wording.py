"""Texts that account teams write: what they may say, and that nothing else gets through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.survey.wording import FILTERS, MOST_CHARACTERS, check_condition, check_wording, holds, render
from tests.hostile_templates import HOSTILE

FACTS: dict[str, Any] = {
    "company": {"name": "Fern & Field"},
    "account": {"name": "Northwind", "tier": "key", "owner": {"first_name": "Maria"}, "attributes": {"seats": 40}},
    "contact": {"name": "Nadia Bloom", "role": None},
}


@pytest.mark.parametrize("source", HOSTILE)
def test_a_text_that_wants_more_than_facts_is_refused(source: str) -> None:
    with pytest.raises(InputError):
        check_wording(source)


def test_five_hundred_such_texts_and_more_are_tried() -> None:
    assert len(HOSTILE) >= 500


@pytest.mark.parametrize("source", ["a }}{{ b", "a }}{# ", "a %}{% if b", "", "account.tier = 'key'", "9**9", "x()"])
def test_a_condition_is_one_expression(source: str) -> None:
    with pytest.raises(InputError):
        check_condition(source)


def test_a_text_says_which_facts_it_uses() -> None:
    source = "{{ company.name }}{% if account.tier == 'key' %} {{ contact.attributes.shoe_size }}{% endif %}"
    assert check_wording(source) == ["account.tier", "company.name", "contact.attributes.shoe_size"]


def test_an_unknown_fact_is_named_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match=r"no fact “account.nmae”. Did you mean account.name\?"):
        check_wording("{{ account.nmae }}")


def test_facts_conditions_and_filters_make_a_text() -> None:
    source = "{{ contact.name|upper }} of {{ account.name }}: {% if account.tier == 'light' %}a{% else %}b{% endif %}"
    assert render(source, FACTS) == "NADIA BLOOM of Northwind: b"
    assert render("{{ 'k' if account.tier == 'key' else 'o' }}{{ account.attributes.seats }}", FACTS) == "k40"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hello {{ contact.first_name|default('there') }}", "Hello there"),
        ("Hello {{ contact.first_name }}", "Hello "),
        ("{{ contact.role|title|length }}", "0"),
        ("{% if contact.role > 3 %}a{% elif contact.role == 'x' %}b{% else %}c{% endif %}", "c"),
        ("{{ promise.owner.name|first|upper }}", ""),
        ("{{ account }}{{ account.owner }}", ""),
        ("{{ account.name.deeper.still }}", ""),
        ("{{ 'x' if contact.role }}", ""),
    ],
)
def test_a_fact_that_is_not_known_never_fails(source: str, text: str) -> None:
    assert render(source, FACTS) == text


def test_a_name_is_never_read_as_a_text_of_its_own() -> None:
    facts = {"contact": {"name": "{{ account.name }}<b>"}}
    assert render("{{ contact.name }}", facts) == "{{ account.name }}<b>"


def test_only_plain_data_reaches_a_text() -> None:
    class Account:
        name = "secret"

    class Name(str):
        secret = "secret"

    facts = {"account": Account(), "contact": {"name": Name("secret"), "role": Account}, "company": {"name": "ours"}}
    assert render("{{ account.name }}{{ contact.name }}{{ contact.role }}{{ company.name }}", facts) == "ours"


def test_a_method_of_a_dictionary_is_no_fact() -> None:
    assert render("{{ account.attributes.items }}{{ account.attributes.clear }}", FACTS) == ""


def test_what_comes_out_is_limited_and_can_be_stored() -> None:
    assert len(render("{{ contact.name }}" * 500, {"contact": {"name": "n" * 100_000}})) == MOST_CHARACTERS
    assert render("{{ '\\ud800' }}{{ '\\x00' }}", {}) == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("condition", "true"),
    [
        ("account.tier != 'light'", True),
        ("account.tier == 'light' or contact.role == 'user'", False),
        ("contact.role in 'user admin'", False),
        ("not contact.role", True),
        ("account.tier > 3", False),
        ("account.segment", False),
    ],
)
def test_a_condition_holds_or_does_not(condition: str, true: bool) -> None:
    check_condition(condition)
    assert holds(condition, FACTS) is true


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "tier", "owner", "role"]), inner),
)
PIECES = st.sampled_from(
    [
        "{{ account.name }}",
        "{{ account|length }}",
        "{{ account.owner.first_name|default(account.tier) }}",
        "{% if account.name < account.tier %}a{% endif %}",
        "{{ account.name in account.owner }}",
        "{{ 'x' if not account.owner or account.name >= 3 }}",
        *(f"{{{{ account.name|{name} }}}}" for name in FILTERS if name != "default"),
    ]
)


@given(st.lists(PIECES, max_size=5), PLAIN)
def test_whatever_the_facts_a_checked_text_is_a_text(pieces: list[str], account: Any) -> None:
    source = "".join(pieces)
    check_wording(source)
    text = render(source, {"account": account})
    assert len(text) <= MOST_CHARACTERS
    text.encode()
