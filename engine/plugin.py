"""One plugin: called with care, so that whatever goes wrong in it is named, counted, and costs nobody else anything."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema

from engine.errors import PluginError

MOST_LETTERS = 400
"""Of somebody's error that are told."""
REMEMBERED = 20

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
    """How a plugin does. Seconds are wall time: in its hooks and, where it does not ship, of its expressions."""

    calls: int = 0
    failures: int = 0
    seconds: float = 0.0
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The last failures, in words."""
    faults: dict[str, str] = field(default_factory=dict)
    """What was found wrong with a hook when it was tried out: it is not called any more."""

    @property
    def last_error(self) -> str:
        return self.recent[-1] if self.recent else ""


@dataclass(frozen=True)
class Plugin:
    """One plugin: a module or an object with hook implementations."""

    name: str
    hooks: Mapping[str, Callable[..., Any]]
    schema: type[Schema]
    manual: str
    file: Path | None = None
    """Where it is written. In `locales` beside it may be the translations of its sentences."""
    ships: bool = False
    """Whether it comes with Heed, whose tests show that it judges each contact by itself."""
    health: Health = field(default_factory=Health)
    heard: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """What it said before, where it ships: see engine.decide.before."""

    @property
    def is_strategy(self) -> bool:
        """Whether it takes part in decisions; without any hook it has settings for what the engine itself does."""
        return not self.hooks or any(hook in self.hooks for hook in STRATEGY_HOOKS)

    def call(self, hook: str, *args: Any) -> Any:
        """Call one hook; None if there is none. Whatever goes wrong inside becomes a PluginError naming the plugin."""
        if hook not in self.hooks:
            return None
        if hook in self.health.faults:
            raise self.failed(hook, self.health.faults[hook])
        started = time.perf_counter()
        self.health.calls += 1
        try:
            return self.hooks[hook](*args)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self.failed(hook, error) from error
        finally:
            self.took(time.perf_counter() - started)

    def took(self, seconds: float) -> None:
        self.health.seconds += seconds

    def failed(self, hook: str, error: BaseException | str) -> PluginError:
        """Note a failure; the error to raise or show."""
        self.health.failures += 1
        told = f"{self.name} failed in {hook}: {tell_error(error)} {_tell_consequence(self.name, hook)}"
        self.health.recent.append(told)
        return PluginError(told, about=self.name)


def tell_error(error: BaseException | str) -> str:
    """Somebody's error as one sentence, whatever it is."""
    if isinstance(error, str):
        return _shorten(error)
    try:
        said = str(error)
    except Exception:
        said = "it cannot even say what is wrong"
    return _shorten(said if isinstance(error, PluginError) else f"{type(error).__name__}: {said}")


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > MOST_LETTERS:
        return f"{line[:MOST_LETTERS]}…"
    return line if line.endswith((".", "?")) else line + "."


CONSEQUENCES = {
    "hold_until": "Whom it might hold is not asked until it is mended or {name}.mode is set to off.",
    "open": "Nothing is sent by it until it is mended.",
    "deliver": "The message is in doubt, and is not sent again.",
    "read": "That answer is kept as it was typed, and nothing follows from it.",
    "html": "The question is not shown.",
    "promise_at_once": "Nothing is promised by it.",
    "suggest_promises": "Nothing is promised by it.",
}
LEFT_OUT = "What it brings is left out."
NO_SAY = "It has no say in that until it is mended."


def _tell_consequence(name: str, hook: str) -> str:
    """What follows from a failure, and what can be done."""
    if hook in STRATEGY_HOOKS:
        return CONSEQUENCES.get(hook, NO_SAY).format(name=name)
    return CONSEQUENCES.get(hook, LEFT_OUT)
