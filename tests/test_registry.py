"""Plugins are found, checked and called one by one."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import HeedError, PluginError
from engine.hookspecs import hookimpl
from engine.registry import DEFAULT_PLUGINS, build_plugins


def plugin(name: str, hook: str, function: Any) -> Any:
    return SimpleNamespace(__name__=f"tests.{name}", hook=hookimpl(function, specname=hook))


def test_every_built_in_is_there_in_its_order() -> None:
    assert list(build_plugins().all) == [path.rpartition(".")[2] for path in DEFAULT_PLUGINS]


def test_two_houses_share_no_plugin() -> None:
    extra = plugin("extra", "suggest_promises", lambda answers: None)
    assert "extra" in build_plugins([extra]).all
    assert "extra" not in build_plugins().all


def test_a_misspelt_hook_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(PluginError, match=r"extra implements “hold_untill”.*Did you mean hold_until"):
        build_plugins([plugin("extra", "hold_untill", lambda book: None)])


def test_two_channels_of_one_name_are_refused() -> None:
    second = SimpleNamespace(name="email", label="E-mail", open=lambda config: None)
    extra = plugin("extra", "register_channels", lambda: [second])
    with pytest.raises(HeedError, match="extra brings “email”"):
        build_plugins([extra])


@pytest.mark.parametrize("error", [RuntimeError("no CRM"), SystemExit(1), MemoryError()])
def test_a_plugin_that_raises_loses_only_its_own_answer(error: BaseException) -> None:
    def fail(answers: Any) -> Any:
        raise error

    bad = plugin("bad", "suggest_promises", fail)
    good = plugin("good", "suggest_promises", lambda answers: ["a draft"])
    plugins = build_plugins([bad, good], builtins=())
    called = {each.name: each for each in plugins.call("suggest_promises", [])}
    assert called["good"].value == ["a draft"]
    assert "bad failed in suggest_promises" in str(called["bad"].error)
    assert (plugins.all["bad"].health.failures, plugins.all["bad"].health.calls) == (1, 1)


def test_ctrl_c_inside_a_plugin_is_not_swallowed() -> None:
    def interrupt(answers: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_plugins([plugin("slow", "suggest_promises", interrupt)], builtins=()).call("suggest_promises", [])


def test_importing_the_engine_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HEED_SECRET", "short")
    build_plugins()
