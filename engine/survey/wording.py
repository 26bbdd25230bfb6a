"""Personalised texts and conditions: the Jinja syntax people know, of which only a small part is allowed.

Jinja only parses here. What it finds is held against an allow-list of nodes and then looked up in plain data, node by
node: nothing is compiled or called, so that there is nothing to escape from (the sandbox was escaped four times,
CVE-2025-27516 the latest) and nothing that can hang (`9**(9**8)` hangs Jinja's own compiler). A text can use facts,
compare them, choose between texts and pass them through a few filters.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, TemplateError, nodes

from engine.errors import InputError, nearest
from engine.types import clean_text

MOST_CHARACTERS = 10_000
"""Of a text, of each fact in it, and of what comes out."""
MOST_DEPTH = 30

FACTS = {
    "company.name": "our company, as clients know it",
    "account.name": "the client company",
    "account.tier": "strategic, key, standard or light",
    "account.segment": "the account's segment",
    "account.country": "the account's country, ISO alpha-2",
    "account.region": "the account's region",
    "account.owner.name": "who looks after the account",
    "account.owner.first_name": "their first name",
    "account.attributes": "the account's further columns, by name",
    "contact.name": "who is asked",
    "contact.first_name": "their first name",
    "contact.role": "their role",
    "contact.influence": "decision_maker, champion, user …",
    "contact.attributes": "the contact's further columns, by name",
    "ask.occasion": "promise, touchpoint, renewal or relationship",
    "promise.title": "what was promised",
    "promise.day": "when it was done, or is due, as people say it",
    "promise.owner.name": "who keeps it",
    "touchpoint.title": "what happened, as journey.yaml calls it",
    "touchpoint.day": "when it happened, as people say it",
}
"""What a text can be told, with its meaning. Unknown to Heed at the time, a fact is empty."""

CONDITION_FACTS = {
    "account.tier": "tier",
    "account.segment": "segment",
    "account.country": "country",
    "account.region": "region",
    "contact.role": "role",
    "contact.influence": "influence",
    "ask.occasion": "occasion",
}
"""What a question's `show_if` can look at, and the column it stands in when questions are chosen."""

KNOWN_FACTS = {
    "account.segment": "segment",
    "account.country": "country",
    "account.region": "region",
    "account.renewal_on": "renewal_on",
    "contact.role": "role",
    "contact.influence": "influence",
    "contact.preferred_channel": "preferred_channel",
}
"""What a question can tell the record (`knows`), and the column it stands in when questions are chosen."""

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}

_FILTERS: dict[str, Callable[[Any], Any]] = {
    "capitalize": lambda value: as_text(value).capitalize(),
    "first": lambda value: value[0] if isinstance(value, str | list) and value else None,
    "last": lambda value: value[-1] if isinstance(value, str | list) and value else None,
    "length": lambda value: len(value) if isinstance(value, str | list | dict) else 0,
    "lower": lambda value: as_text(value).lower(),
    "title": lambda value: as_text(value).title(),
    "trim": lambda value: as_text(value).strip(),
    "upper": lambda value: as_text(value).upper(),
}
FILTERS = (*_FILTERS, "default")

_SCALARS = (str, int, float, bool, type(None))
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_PARSER = Environment(autoescape=False)  # noqa: S701 - it only parses; pages escape what comes out


def check_wording(source: str, known: Mapping[str, str] = FACTS) -> list[str]:
    """The facts a text uses, sorted. Raises InputError where it is no text, or more than a text may do."""
    return _facts_of(_parse(source), known)


def render(source: str, facts: Mapping[str, Any], apart: Callable[[str], str] = str) -> str:
    """The text with its facts, plain: who shows it on a page escapes it. A fact that is not known is empty.

    `apart` is given what comes from outside of the text: `Language.apart` keeps other ways of writing to themselves.
    """
    text = ""
    for part in _pieces(_parse(source).body, facts, apart):
        text += part
        if len(text) > MOST_CHARACTERS:
            return clean_text(text[:MOST_CHARACTERS])
    return clean_text(text)


def render_known(source: str, facts: Mapping[str, Any], unknown: Callable[[str], str]) -> str:
    """The text for one of us, where not every fact is at hand: `unknown` says what stands for the one of this path."""
    found: dict[str, Any] = {}
    for path in sorted(facts_in(source), key=lambda path: -path.count(".")):
        *groups, name = path.split(".")
        inner, known = found, facts
        for group in groups:
            inner = inner.setdefault(group, {})
            known = known.get(group) or {}
        inner.setdefault(name, known.get(name) or unknown(path))
    return render(source, found)


def check_condition(source: str, known: Mapping[str, str] = CONDITION_FACTS) -> list[str]:
    """The facts a condition such as `account.tier != 'light'` uses. Raises InputError as check_wording does."""
    return _facts_of(parse_condition(source), known)


def holds(source: str, facts: Mapping[str, Any]) -> bool:
    """Whether a condition is true. What cannot be compared is not."""
    return bool(_value(parse_condition(source), facts))


def as_text(value: Any) -> str:
    """A fact as it is written in a text; nothing, lists and groups of facts are empty. A point is 7, not 7.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int | float) else ""


# Reading


@lru_cache(maxsize=4096)
def _parse(source: str) -> nodes.Template:
    if len(source) > MOST_CHARACTERS:
        raise InputError(f"The text has {len(source):,} characters, at most {MOST_CHARACTERS:,} are possible.")
    try:
        template = _PARSER.parse(source)
    except TemplateError as error:
        raise InputError(f"The text cannot be read: {error}") from None
    except (RecursionError, ValueError, OverflowError, MemoryError):
        raise InputError("The text cannot be read: something in it is too deep or too large.") from None
    _check_nodes(template)
    return template


@lru_cache(maxsize=4096)
def parse_condition(source: str) -> nodes.Expr:
    """A condition as Jinja reads it. Raises InputError where it is none, or more than a text may do."""
    body = _parse("{{ " + source + " }}").body
    if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
        raise InputError(f"“{source[:80]}” is no condition; write one like account.tier != 'light'.")
    return body[0].nodes[0]


def _check_nodes(template: nodes.Template) -> None:
    waiting: list[tuple[nodes.Node, int]] = [(template, 0)]
    while waiting:
        node, depth = waiting.pop()
        _check_node(node, depth)
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _check_node(node: nodes.Node, depth: int) -> None:
    wrong = ""
    if type(node) not in _ALLOWED:
        wrong = f"can use facts, conditions and filters only, not {type(node).__name__.lower()}"
    elif depth > MOST_DEPTH:
        wrong = "is nested too deeply"
    elif isinstance(node, nodes.Name | nodes.Getattr):
        name = node.name if isinstance(node, nodes.Name) else node.attr
        if name.startswith("_") or (isinstance(node, nodes.Getattr) and not _is_path(node.node)):
            wrong = f"can use facts only, not “{name}”"
    elif isinstance(node, nodes.Const) and type(node.value) in (int, float) and not abs(node.value) < 1e15:
        wrong = "has a number that is too large"
    elif isinstance(node, nodes.Filter):
        wrong = _fault_of_filter(node)
    if wrong:
        raise InputError(f"A text {wrong} (line {node.lineno}).")


def _fault_of_filter(node: nodes.Filter) -> str:
    if node.name not in FILTERS:
        return f"has no filter “{node.name}”; there are {', '.join(sorted(FILTERS))}"
    plain = not node.kwargs and node.dyn_args is None and node.dyn_kwargs is None and node.node is not None
    if not plain or len(node.args) != (node.name == "default"):
        return f"gives the filter {node.name} what it does not take"
    return ""


def _is_path(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name | nodes.Getattr)


def _facts_of(tree: nodes.Node, known: Mapping[str, str]) -> list[str]:
    found = set()
    for path in paths_in(tree):
        if not any(path == fact or fact.startswith(f"{path}.") or _is_further(path, fact) for fact in known):
            raise InputError(f"There is no fact “{path}”.{nearest(path, known)}", about=path)
        found.add(path)
    return sorted(found)


def _is_further(path: str, fact: str) -> bool:
    return fact.endswith(".attributes") and path.startswith(f"{fact}.")


def paths_in(node: nodes.Node) -> Iterator[str]:
    """Every fact that is looked at, as it stands: `account.tier`."""
    if isinstance(node, nodes.Name | nodes.Getattr):
        yield _path(node)
    else:
        for child in node.iter_child_nodes():
            yield from paths_in(child)


def _path(node: nodes.Node) -> str:
    return f"{_path(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else str(getattr(node, "name", ""))


def facts_in(source: str) -> list[str]:
    """Every fact that a text looks at, whether there is one or not."""
    return sorted(set(paths_in(_parse(source))))


# Looking up


def _pieces(body: list[nodes.Node], facts: Mapping[str, Any], apart: Callable[[str], str]) -> Iterator[str]:
    for node in body:
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                text = as_text(_value(part, facts))
                yield text if isinstance(part, nodes.TemplateData) else apart(text)
        elif isinstance(node, nodes.If):
            yield from _pieces(_branch(node, facts), facts, apart)


def _branch(node: nodes.If, facts: Mapping[str, Any]) -> list[nodes.Node]:
    for choice in (node, *node.elif_):
        if _value(choice.test, facts):
            return choice.body
    return node.else_


def _value(node: nodes.Node | None, facts: Mapping[str, Any]) -> Any:
    match node:
        case nodes.TemplateData():
            return node.data
        case nodes.Const():
            return node.value
        case nodes.Name() | nodes.Getattr():
            return _fact(_path(node), facts)
        case nodes.Filter():
            return _filtered(node, facts)
        case nodes.CondExpr():
            return _value(node.expr1 if _value(node.test, facts) else node.expr2, facts)
        case nodes.And():
            return _value(node.left, facts) and _value(node.right, facts)
        case nodes.Or():
            return _value(node.left, facts) or _value(node.right, facts)
        case nodes.Not():
            return not _value(node.node, facts)
        case nodes.Compare():
            return _compared(node, facts)
        case _:
            return None


def _fact(path: str, facts: Mapping[str, Any]) -> Any:
    """Plain data only: an object that came among the facts by mistake counts as not known."""
    value: Any = facts
    for name in path.split("."):
        value = value.get(name) if value is facts or type(value) is dict else None
    if type(value) is str:
        return value[:MOST_CHARACTERS]
    return value if type(value) in (*_SCALARS, list, dict) else None


def _filtered(node: nodes.Filter, facts: Mapping[str, Any]) -> Any:
    value = _value(node.node, facts)
    if node.name == "default":
        return _value(node.args[0], facts) if value in (None, "") else value
    return _FILTERS[node.name](value)


def _compared(node: nodes.Compare, facts: Mapping[str, Any]) -> bool:
    left = _value(node.expr, facts)
    for operand in node.ops:
        right = _value(operand.expr, facts)
        try:
            if not _COMPARISONS[operand.op](left, right):
                return False
        except TypeError:
            return False
        left = right
    return True
