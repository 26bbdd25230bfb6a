"""More than five hundred texts that want more than facts: one a line in hostile_texts.txt, and these, made from parts.

The parts are what template injection is made of (PortSwigger and OWASP describe the families): attributes that lead to
classes and globals, filters that build or reach what they should not, statements, arithmetic that never ends.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

ROOTS = (
    "account",
    "account.name",
    "''",
    "[]",
    "()",
    "{}",
    "self",
    "request",
    "config",
    "cycler",
    "lipsum",
    "7",
    "true",
)
LEAPS = (
    ".__class__", ".__init__.__globals__", ".__class__.__mro__[1].__subclasses__()", "['__class__']",
    "|attr('__class__')", "|attr('\\x5f\\x5fclass\\x5f\\x5f')", ".mro()", ".__getattribute__('name')",
    ".__dict__.update(a=1)", ".format(account)", "|format(account)", "[0:9]", "()",
)  # fmt: skip
STATEMENTS = (
    "for x in {}", "for x in {} recursive", "set x = {}", "set x.y = {}", "include {}", "import {} as x",
    "from {} import x", "extends {}", "call {}()", "filter {}", "with x = {}", "macro x(y={})", "block {}", "do {}",
)  # fmt: skip
THINGS = ("account", "'/etc/passwd'", "range(10**9)", "''.__class__", "9**9**9")
GROWTH = (
    "'a' * {n}", "{n} ** {n}", "{n} * {n}", "{n} // 1", "{n} % 7", "-{n}", "+{n}", "'a' ~ {n}", "[1] * {n}",
    "account.name|center({n})", "account.name|indent({n})", "account.name|wordwrap({n})", "account.name * {n}",
    "'%{n}d' % 1", "range({n})|list", "lipsum(n={n})", "account.name|batch({n})|list", "account.name.ljust({n})",
)  # fmt: skip
SIZES = (2, 1000, 99_999_999, 3_000_000_000)
FORBIDDEN_FILTERS = (
    "abs", "attr", "batch", "center", "d", "dictsort", "e", "escape", "filesizeformat",
    "float", "forceescape", "format", "groupby", "indent", "int", "items", "join", "list",
    "map", "max", "min", "pprint", "random", "reject", "rejectattr", "replace", "reverse",
    "round", "safe", "select", "selectattr", "slice", "sort", "string", "striptags", "sum",
    "tojson", "truncate", "unique", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr",
)  # fmt: skip
DEEP = (
    "{{ " + "(" * 2000 + "account.name" + ")" * 2000 + " }}",
    "{{ " + "not " * 2000 + "account.name }}",
    "{{ account.name" + "|upper" * 1500 + " }}",
    "{{ account" + ".owner" * 1500 + " }}",
    "{{ " + " and ".join(["account.name"] * 600) + " }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ 0x" + "f" * 5000 + " }}",
    "{% if account.name %}" * 400 + "{% endif %}" * 400,
    "x" * 10_001,
    "{{ '" + "x" * 10_000 + "' }}",
)

LISTED = tuple((Path(__file__).parent / "hostile_texts.txt").read_text(encoding="utf-8").splitlines())
MADE = (
    *(f"{{{{ {root}{leap} }}}}" for root, leap in product(ROOTS, LEAPS)),
    *(f"{{% if {root}{leap} %}}a{{% endif %}}" for root, leap in product(ROOTS[:6], LEAPS)),
    *("{% " + statement.format(thing) + " %}" for statement, thing in product(STATEMENTS, THINGS)),
    *("{{ " + growth.format(n=size) + " }}" for growth, size in product(GROWTH, SIZES)),
    *(f"{{{{ account.name|{name} }}}}" for name in FORBIDDEN_FILTERS),
)
HOSTILE = tuple(dict.fromkeys((*LISTED, *MADE, *DEEP)))
