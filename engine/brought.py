"""Channels and question types, as plugins bring them: what goes wrong inside is noted, and breaks nothing around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from jinja2 import Environment, TemplateSyntaxError

from engine.errors import HeedError, InputError, PluginError
from engine.plugin import Plugin
from engine.survey.reading import TYPED, parts_of
from engine.types import Analysis, Channel, Delivery, Given, Message, Question, QuestionType, Receipt

OUTCOMES = ("sent", "refused", "later", "unknown")
UNREAD: Given | None = Given()
"""Instead of what a question type could not read."""
T = TypeVar("T")


class GuardedChannel:
    """A channel that opens, or says in a HeedError why not."""

    def __init__(self, plugin: Plugin, channel: Channel) -> None:
        if not callable(_part(channel, "open")):
            raise PluginError("it brings a channel whose open cannot be called")
        self.name, self.label = _text(channel, "name"), _text(channel, "label")
        self.to_owner = bool(getattr(channel, "to_owner", False))
        self._plugin, self._channel = plugin, channel

    @contextmanager
    def open(self, config: Any) -> Iterator[Delivery]:
        with ExitStack() as line:
            try:
                opened = line.enter_context(self._channel.open(config))
            except (KeyboardInterrupt, HeedError):
                raise
            except BaseException as error:
                raise self._plugin.failed("open", error) from error
            yield _GuardedLine(self._plugin, opened)


@dataclass(frozen=True)
class _GuardedLine:
    """A line that answers each message with a receipt."""

    plugin: Plugin
    line: Delivery

    def deliver(self, message: Message) -> Receipt:
        try:
            receipt = self.line.deliver(message)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.plugin.failed("deliver", error)
            return Receipt("unknown", f"the channel failed: {type(error).__name__}")
        if isinstance(receipt, Receipt) and receipt.outcome in OUTCOMES and isinstance(receipt.detail, str):
            return receipt
        self.plugin.failed("deliver", f"it returned {receipt!r:.80}, which is no Receipt with one of its outcomes")
        return Receipt("unknown", "the channel gave no receipt")


def _check_template(name: str, html: str) -> None:
    try:
        Environment(autoescape=True).parse(html)
    except TemplateSyntaxError as error:
        raise PluginError(f"line {error.lineno} of the html of {name} is no template: {error.message}") from None


class GuardedType:
    """A question type: where it fails there is no low score, no word and nothing to complain of."""

    def __init__(self, plugin: Plugin, kind: QuestionType) -> None:
        self.name, self.html = _text(kind, "name"), _text(kind, "html")
        if not plugin.ships:  # every command would wait for it, and what ships is drawn by its tests
            _check_template(self.name, self.html)
        for name in ("check", "low_up_to", "texts", "fill", "read", "as_text"):
            if not callable(_part(kind, name)):
                raise PluginError(f"{name} of the question type {self.name} cannot be called")
        self.own_words, self.options = bool(_part(kind, "own_words")), tuple(_part(kind, "options"))
        self.tells: Mapping[str, str] = dict(getattr(kind, "tells", {}))
        self.analysis = _part(kind, "analysis")
        if not isinstance(self.analysis, Analysis):
            raise PluginError(f"analysis of the question type {self.name} is {type(self.analysis).__name__}")
        self._plugin, self._kind = plugin, kind

    @property
    def ships(self) -> bool:
        return self._plugin.ships

    def low_up_to(self, question: Question) -> float | None:
        return self._try("low_up_to", lambda: self._kind.low_up_to(question), None, (int, float, type(None)))

    def check(self, options: Mapping[str, Any]) -> Iterable[str]:
        return self._try("check", lambda: [str(fault) for fault in self._kind.check(options)], [], list)

    def texts(self, question: Question, locale: str, _: Callable[[str], str]) -> dict[str, Any]:
        return self._try("texts", lambda: self._kind.texts(question, locale, _), {}, dict)

    def fill(self, question: Question, given: Given) -> dict[str, list[str]]:
        return self._try("fill", lambda: self._kind.fill(question, given), {}, dict)

    def read(self, question: Question, form: Mapping[str, Sequence[str]], field: str) -> Given | None:
        """What was posted is kept as it came where it cannot be read: nothing that a client said is lost."""
        found = self._try("read", lambda: self._kind.read(question, form, field), UNREAD, (Given, type(None)))
        if found is not UNREAD:
            return found
        posted = {part: values for part, values in parts_of(form, field).items() if any(values)}
        return Given(data={TYPED: posted}) if posted else None

    def as_text(self, label: str, texts: Mapping[str, Any]) -> str:
        return self._try("as_text", lambda: self._kind.as_text(label, texts), label, str)

    def _try(self, what: str, call: Callable[[], T], instead: T, kinds: type | tuple[type, ...]) -> T:
        try:
            found = call()
        except (KeyboardInterrupt, InputError):
            raise
        except BaseException as error:
            self.failed(what, error)
            return instead
        if isinstance(found, kinds):
            return found
        self.failed(what, f"it returned {type(found).__name__}")
        return instead

    def failed(self, what: str, error: BaseException | str) -> None:
        self._plugin.failed(what, error)


def _part(thing: Any, name: str) -> Any:
    if not hasattr(thing, name):
        raise PluginError(f"it brings {type(thing).__name__}, which has no {name}")
    return getattr(thing, name)


def _text(thing: Any, name: str) -> str:
    found = _part(thing, name)
    if not isinstance(found, str) or not found:
        raise PluginError(f"it brings something whose {name} is {found!r:.80}, which is no text")
    return found
