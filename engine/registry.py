"""The plugins of one app: found, checked, frozen, and called one by one so that a bad one loses only its own say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from importlib import import_module, metadata
from inspect import getdoc
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pluggy
import polars as pl
from marshmallow import Schema

from engine import hookspecs
from engine.brought import GuardedChannel, GuardedType
from engine.decide.plan import Catalog, Company, with_mode
from engine.decide.probe import find_fault
from engine.decide.responses import Responses
from engine.decide.terms import Terms
from engine.errors import HeedError, PluginError, nearest
from engine.plugin import STRATEGY_HOOKS, Plugin, tell_error
from engine.settings import dtype
from engine.types import Channel

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
    "plugins.phone",
    "plugins.in_app",
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


@dataclass
class Watch:
    """How plugins did for a while. `errors`: every failure once, in words, and whose it was; `health`: by plugin."""

    errors: dict[str, str] = field(default_factory=dict)
    health: dict[str, dict[str, Any]] = field(default_factory=dict)


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
    question_types: Mapping[str, GuardedType]
    errors: tuple[PluginError, ...] = ()
    """What went wrong at start."""

    @cached_property
    def strategies(self) -> tuple[Plugin, ...]:
        """Those that take part in decisions.

        Whoever does not ship is tried out first, once: a hook that does not judge each contact by itself is not called
        again. Other mistakes show where they are made.
        """
        found = tuple(plugin for plugin in self.all.values() if plugin.is_strategy)
        for plugin in found:
            for hook in STRATEGY_HOOKS:
                if hook in plugin.hooks and not plugin.ships and (fault := _find_fault(plugin, hook, self.catalog)):
                    plugin.health.faults[hook] = fault
        return found

    @contextmanager
    def watched(self) -> Iterator[Watch]:
        """Tells afterwards how the plugins did meanwhile; and what went wrong at start."""
        before = {name: replace(plugin.health) for name, plugin in self.all.items()}
        watch = Watch({str(error): error.about for error in self.errors})
        yield watch
        for name, plugin in self.all.items():
            now, then = plugin.health, before[name]
            new = list(now.recent)[-(now.failures - then.failures) :] if now.failures > then.failures else []
            watch.errors |= dict.fromkeys(new, name)
            watch.health[name] = {
                "calls": now.calls - then.calls,
                "seconds": round(now.seconds - then.seconds, 3),
                "failures": now.failures - then.failures,
                "last_error": new[-1] if new else "",
            }

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
        """Call a hook of every plugin that has it, one by one, arguments in the order of the hook's signature.

        Whoever does not ship is given a copy of its own, so that nobody changes what the next one sees.
        """
        return [_call(plugin, hook, args) for plugin in self._by_hook.get(hook, ())]

    @cached_property
    def _by_hook(self) -> dict[str, list[Plugin]]:
        found: dict[str, list[Plugin]] = {}
        for plugin in self.all.values():
            for hook in plugin.hooks:
                found.setdefault(hook, []).append(plugin)
        return found

    def call_one(self, name: str, hook: str, *args: Any) -> Called:
        """The same of one plugin, where each is told something else."""
        return _call(self.all[name], hook, args)


def _call(plugin: Plugin, hook: str, args: tuple[Any, ...]) -> Called:
    try:
        return Called(plugin.name, plugin.call(hook, *(args if plugin.ships else deepcopy(args))))
    except PluginError as error:
        return Called(plugin.name, error=error)


def _find_fault(plugin: Plugin, hook: str, catalog: Catalog) -> str | None:
    try:
        return find_fault(plugin, hook, catalog)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None


def build_plugins(extra: Iterable[ModuleType | object] = (), builtins: Iterable[str] = DEFAULT_PLUGINS) -> Plugins:
    """Find and check the built-ins, those installed under `heed.plugins`, and `extra` ones.

    Raises PluginError where one cannot be loaded, implements what is no hook, or has settings that make no sense: it
    might be a rule that somebody relies on. What it fails to bring is only left out.
    """
    manager = pluggy.PluginManager("heed")
    manager.add_hookspecs(hookspecs)
    shipped = {path.rpartition(".")[2]: path for path in builtins}
    for name, path in shipped.items():
        manager.register(import_module(path), name=name)
    for entry in sorted(metadata.entry_points(group="heed.plugins"), key=lambda entry: entry.name):
        _register(manager, _load(entry), entry.name)
    for plugin in extra:
        _register(manager, plugin, getattr(plugin, "__name__", type(plugin).__name__).rpartition(".")[2])
    _check(manager)
    plugins = [(name, plugin) for name, plugin in manager.list_name_plugin() if plugin is not None]
    found = {name: _plugin(manager, name, plugin, ships=name in shipped) for name, plugin in plugins}
    schemas = {name: _read_schema(plugin) for name, plugin in found.items()}
    errors: list[PluginError] = []
    return Plugins(
        all=found,
        catalog=Catalog({"company": Company, "promises": Terms, "simulation": Responses} | schemas),
        channels=_registered(found, "register_channels", GuardedChannel, errors),
        question_types=_registered(found, "register_question_types", GuardedType, errors),
        errors=tuple(errors),
    )


def _load(entry: metadata.EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"The plugin {entry.name} ({entry.value}) cannot be loaded: {error}", about=entry.name
        ) from error


def _register(manager: pluggy.PluginManager, plugin: Any, name: str) -> None:
    try:
        manager.register(plugin, name=name)
    except (ValueError, pluggy.PluginValidationError) as error:
        raise PluginError(f"The plugin {name} cannot be used: {tell_error(error)}", about=name) from error


def _check(manager: pluggy.PluginManager) -> None:
    known = [name for name in vars(manager.hook) if not name.startswith("_")]
    for name, plugin in manager.list_name_plugin():
        for caller in manager.get_hookcallers(plugin) or ():
            if not caller.has_spec():
                hint = nearest(caller.name, [other for other in known if other != caller.name])
                raise PluginError(f"{name} implements “{caller.name}”, which is no hook.{hint}", about=name)
    manager.check_pending()


def _plugin(manager: pluggy.PluginManager, name: str, plugin: Any, *, ships: bool) -> Plugin:
    hooks = {
        caller.name: _in_order(impl, caller.spec.argnames if caller.spec else ())
        for caller in manager.get_hookcallers(plugin) or ()
        for impl in caller.get_hookimpls()
        if impl.plugin is plugin
    }
    return Plugin(name, hooks, getattr(plugin, "Settings", Schema), getdoc(plugin) or "", _file(plugin), ships)


def _file(plugin: Any) -> Path | None:
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    file = getattr(module, "__file__", None)
    return Path(file) if file else None


def _read_schema(plugin: Plugin) -> type[Schema]:
    """The plugin's settings, with its mode. A setting without a default would be null for everyone."""
    try:
        for name, each in plugin.schema().fields.items():
            values = [each.load_default, *each.metadata.get("tiers", {}).values()]
            if None in values or pl.Series(values, dtype=dtype(each)).null_count():
                raise PluginError(f"{name} has no default")
    except Exception as error:
        told = f"The settings of {plugin.name} cannot be used: {tell_error(error)}"
        raise PluginError(told, about=plugin.name) from error
    return with_mode(plugin.schema) if plugin.is_strategy else plugin.schema


def _in_order(impl: pluggy.HookImpl, argnames: Iterable[str]) -> Callable[..., Any]:
    """Let an implementation be called with every argument of the specification, though it may name fewer."""
    places = [list(argnames).index(name) for name in impl.argnames]
    return lambda *args: impl.function(*(args[place] for place in places))


Brought = TypeVar("Brought", GuardedChannel, GuardedType)


def _registered(
    plugins: Mapping[str, Plugin], hook: str, guard: Callable[[Plugin, Any], Brought], errors: list[PluginError]
) -> dict[str, Brought]:
    """What plugins bring, by name. One that fails brings nothing, and `errors` says so."""
    found: dict[str, Brought] = {}
    for plugin in plugins.values():
        try:
            things = _brought(plugin, hook, guard)
        except PluginError as error:
            errors.append(error)
            continue
        for thing in things:
            if thing.name in found:
                raise HeedError(f"{plugin.name} brings “{thing.name}”, which is already there.", about=plugin.name)
            found[thing.name] = thing
    return found


def _brought(plugin: Plugin, hook: str, guard: Callable[[Plugin, Any], Brought]) -> list[Brought]:
    value = plugin.call(hook)
    try:
        return [guard(plugin, thing) for thing in value or ()]
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise plugin.failed(hook, error) from error
