"""The plugins of one app: found, checked, frozen, and called one by one so that a bad one loses only its own say."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib import import_module, metadata
from inspect import getdoc
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from marshmallow import Schema

from engine import hookspecs
from engine.decide.plan import Catalog, Company, with_mode
from engine.decide.responses import Responses
from engine.decide.terms import Terms
from engine.errors import HeedError, PluginError, nearest
from engine.types import Channel, QuestionType

DEFAULT_PLUGINS = (
    # reasons
    "plugins.promise_check",
    "plugins.touchpoint_followup",
    "plugins.renewal_runup",
    "plugins.relationship_tier",
    # holds
    "plugins.consent",
    "plugins.wishes",
    "plugins.fatigue_limits",
    "plugins.spontaneous_feedback",
    "plugins.unanswered_rest",
    "plugins.promise_brake",
    "plugins.renewal_quiet",
    "plugins.live_ask",
    "plugins.holdout",
    "plugins.quiet_times",
    # limits
    "plugins.account_share",
    "plugins.owner_capacity",
    "plugins.channel_capacity",
    "plugins.one_live_ask",
    # worth
    "plugins.revenue_weight",
    "plugins.influence",
    "plugins.coverage",
    "plugins.loss_price",
    # questions
    "plugins.anchors_first",
    "plugins.rotation",
    "plugins.not_again",
    "plugins.role_match",
    "plugins.follow_up",
    "plugins.form_budget",
    # channels and time
    "plugins.channel_possible",
    "plugins.channel_history",
    "plugins.channel_order",
    "plugins.usual_hour",
    "plugins.approval",
    "plugins.email",
    # question types
    "plugins.question_nps",
    "plugins.question_nps_plus",
    "plugins.question_rating",
    "plugins.question_satisfaction",
    "plugins.question_effort",
    "plugins.question_choice",
    "plugins.question_choices",
    "plugins.question_text",
    "plugins.question_yes_no",
    "plugins.question_number",
    "plugins.question_date",
    "plugins.question_slider",
    "plugins.question_ranking",
    "plugins.question_matrix",
    "plugins.call_me",
    # what is suggested after answers
    "plugins.after_dispute",
    "plugins.after_low_score",
    "plugins.after_falling_score",
    "plugins.after_middling_score",
    "plugins.after_high_score",
    "plugins.after_request",
    "plugins.after_pattern",
    # pages
    "admin",
)
"""Built-ins, as strings: the engine imports no plugin by itself. The order is the order of their say."""

STRATEGY_HOOKS = (
    "ask_from",
    "hold_until",
    "limit",
    "worth",
    "question_worth",
    "channel_worth",
    "send_at",
)


@dataclass
class Health:
    """How a plugin does: seconds are wall time in its hooks."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    last_error: str = ""


@dataclass(frozen=True)
class Plugin:
    """One plugin: a module or an object with hook implementations."""

    name: str
    hooks: Mapping[str, Callable[..., Any]]
    schema: type[Schema]
    manual: str
    file: Path | None = None
    """Where it is written. In `locales` beside it may be the translations of its sentences."""
    health: Health = field(default_factory=Health)

    @property
    def is_strategy(self) -> bool:
        """Whether it takes part in decisions; without any hook it has settings for what the engine itself does."""
        return not self.hooks or any(hook in self.hooks for hook in STRATEGY_HOOKS)

    def call(self, hook: str, *args: Any) -> Any:
        """Call one hook; None if there is none. Whatever goes wrong inside becomes a PluginError naming the plugin."""
        if hook not in self.hooks:
            return None
        started = time.perf_counter()
        self.health.calls += 1
        try:
            return self.hooks[hook](*args)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self.failed(hook, error) from error
        finally:
            self.health.seconds += time.perf_counter() - started

    def failed(self, hook: str, error: BaseException | str) -> PluginError:
        """Note a failure; the error to raise or show."""
        self.health.failures += 1
        self.health.last_error = (
            f"{hook}: {error}" if isinstance(error, str) else f"{hook}: {type(error).__name__}: {error}"
        )
        return PluginError(f"{self.name} failed in {self.health.last_error}", about=self.name)


@dataclass(frozen=True)
class Called:
    """What one plugin answered: a value, or the error it became."""

    name: str
    value: Any = None
    error: PluginError | None = None


@dataclass(frozen=True)
class Plugins:
    """All plugins of one app, in the order of their say."""

    all: Mapping[str, Plugin]
    catalog: Catalog
    channels: Mapping[str, Channel]
    question_types: Mapping[str, QuestionType]

    @property
    def strategies(self) -> tuple[Plugin, ...]:
        return tuple(plugin for plugin in self.all.values() if plugin.is_strategy)

    @cached_property
    def rules(self) -> str:
        """A digest of what decides besides facts and settings: strategies, their defaults, calendars and clock changes.

        Where it differs from the last plan's, what was decided then may come out differently for anyone.
        """
        told = [f"{name} {metadata.version(name)}" for name in ("heed-surveys", "holidays", "tzdata")]
        told += [f"{spec.name} {spec.default} {dict(spec.tiers)}" for spec in self.catalog]
        digest = sha256("\n".join(told).encode())
        for plugin in self.strategies:
            digest.update(f"\n{plugin.name}\n".encode())
            digest.update(Path(plugin.file).read_bytes() if plugin.file else b"")
        return digest.hexdigest()

    def call(self, hook: str, *args: Any) -> list[Called]:
        """Call a hook of every plugin that has it, one by one, arguments in the order of the hook's signature."""
        return [_call(plugin, hook, args) for plugin in self.all.values() if hook in plugin.hooks]

    def call_one(self, name: str, hook: str, *args: Any) -> Called:
        """The same of one plugin, where each is told something else."""
        return _call(self.all[name], hook, args)


def _call(plugin: Plugin, hook: str, args: tuple[Any, ...]) -> Called:
    try:
        return Called(plugin.name, plugin.call(hook, *args))
    except PluginError as error:
        return Called(plugin.name, error=error)


def build_plugins(extra: Iterable[ModuleType | object] = (), builtins: Iterable[str] = DEFAULT_PLUGINS) -> Plugins:
    """Find and check the built-ins, those installed under `heed.plugins`, and `extra` ones. Raises PluginError."""
    manager = pluggy.PluginManager("heed")
    manager.add_hookspecs(hookspecs)
    for path in builtins:
        manager.register(import_module(path), name=path.rpartition(".")[2])
    for entry in sorted(metadata.entry_points(group="heed.plugins"), key=lambda entry: entry.name):
        manager.register(_load(entry), name=entry.name)
    for plugin in extra:
        manager.register(plugin, name=getattr(plugin, "__name__", type(plugin).__name__).rpartition(".")[2])
    _check(manager)
    found = {name: _plugin(manager, name, plugin) for name, plugin in manager.list_name_plugin() if plugin is not None}
    schemas = {
        plugin.name: with_mode(plugin.schema) if plugin.is_strategy else plugin.schema for plugin in found.values()
    }
    return Plugins(
        all=found,
        catalog=Catalog({"company": Company, "promises": Terms, "simulation": Responses} | schemas),
        channels=_registered(found, "register_channels"),
        question_types=_registered(found, "register_question_types"),
    )


def _load(entry: metadata.EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"The plugin {entry.name} ({entry.value}) cannot be loaded: {error}", about=entry.name
        ) from error


def _check(manager: pluggy.PluginManager) -> None:
    known = [name for name in vars(manager.hook) if not name.startswith("_")]
    for name, plugin in manager.list_name_plugin():
        for caller in manager.get_hookcallers(plugin) or ():
            if not caller.has_spec():
                hint = nearest(caller.name, [other for other in known if other != caller.name])
                raise PluginError(f"{name} implements “{caller.name}”, which is no hook.{hint}", about=name)
    manager.check_pending()


def _plugin(manager: pluggy.PluginManager, name: str, plugin: Any) -> Plugin:
    hooks = {
        caller.name: _in_order(impl, caller.spec.argnames if caller.spec else ())
        for caller in manager.get_hookcallers(plugin) or ()
        for impl in caller.get_hookimpls()
        if impl.plugin is plugin
    }
    return Plugin(name, hooks, getattr(plugin, "Settings", Schema), getdoc(plugin) or "", _file(plugin))


def _file(plugin: Any) -> Path | None:
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    file = getattr(module, "__file__", None)
    return Path(file) if file else None


def _in_order(impl: pluggy.HookImpl, argnames: Iterable[str]) -> Callable[..., Any]:
    """Let an implementation be called with every argument of the specification, though it may name fewer."""
    places = [list(argnames).index(name) for name in impl.argnames]
    return lambda *args: impl.function(*(args[place] for place in places))


def _registered(plugins: Mapping[str, Plugin], hook: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for plugin in plugins.values():
        for thing in plugin.call(hook) or ():
            if thing.name in found:
                raise HeedError(f"{plugin.name} brings “{thing.name}”, which is already there.", about=plugin.name)
            found[thing.name] = thing
    return found
