"""What one process of tests does once, though each test has a house of its own: as in a house that lives long."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, event
from werkzeug.routing import Rule

from engine.data import store
from engine.data.connections import connect

STATEMENTS = 4000
"""So many are kept as they were compiled."""

_first: dict[str, Engine] = {}
_builders: dict[Any, Any] = {}
_compile_builder: Any = Rule._compile_builder


def compile_once() -> None:
    """From now on statements are compiled once for each kind of database, and addresses once for each rule."""
    store.connect = _connect  # type: ignore[attr-defined]
    Rule._compile_builder = _build_once  # type: ignore[assignment, method-assign]


def _connect(url: URL) -> Engine:
    """What the first one that came through compiles, and has found out about its server, is for all of its kind."""
    made = connect(url)
    if first := _first.get(made.dialect.name):
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
    else:
        assert made._compiled_cache is not None
        made._compiled_cache.capacity = STATEMENTS  # type: ignore[attr-defined]
        event.listen(made, "connect", lambda *_: _first.setdefault(made.dialect.name, made))
    return made


def _build_once(rule: Rule, append_unknown: bool = True) -> Any:
    key = rule.rule, append_unknown, tuple(rule._trace), tuple(sorted((rule.defaults or {}).items()))
    if key not in _builders:
        _builders[key] = _compile_builder(rule, append_unknown)
    return _builders[key]
