"""The `heed` command. Commands are named in one table and loaded one at a time, so that `heed --help` is quick."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any, NamedTuple

import click

from engine.errors import AmbiguousError, HeedError, InputError, nearest

MEMORY = "_RJEM_MALLOC_CONF", "dirty_decay_ms:1000,muzzy_decay_ms:4000"
"""How long Polars' allocator keeps what was freed; see jemalloc(3). It is read once, when Polars is loaded.

As it ships, a plan of a large house spends much of its time giving memory back to the system and asking for it again.
"""


class Entry(NamedTuple):
    where: str
    help: str


COMMANDS = {
    "init": Entry("engine.cli.init:init", "Create the database, or bring it up to date."),
    "import": Entry("engine.cli.imports:import_", "Import accounts, contacts and history from CSV files."),
    "plan": Entry("engine.cli.plan:plan", "Decide for everyone who is due, and make their asks."),
    "explain": Entry("engine.cli.explain:explain", "Say why a contact is asked now, later or not at all."),
    "forecast": Entry("engine.cli.forecast:forecast", "Say who of an account will be asked in the months ahead."),
    "simulate": Entry("engine.cli.simulate:simulate", "Try settings on the whole book before they are saved."),
    "link": Entry("engine.cli.link:link", "Print the link, or QR code, of the survey under way for a contact."),
    "send": Entry("engine.cli.send:send", "Deliver what is due, once."),
    "work": Entry("engine.cli.work:work", "Plan, send, remind and follow up, by itself."),
    "serve": Entry("engine.cli.serve:serve", "Serve clients' pages and the desk."),
    "promises": Entry("engine.cli.promises:promises", "List what we promised."),
    "promise": Entry("engine.cli.promises:promise", "Make a promise, or take its next step."),
    "remind": Entry("engine.cli.remind:remind", "Send each of our people what waits for them today."),
    "calendar": Entry("engine.cli.remind:calendar", "Print the address of an owner's calendar of promises."),
    "ledger": Entry("engine.cli.ledger:ledger", "Count what was said, done, and confirmed by clients."),
    "initiatives": Entry("engine.cli.initiatives:initiatives", "List what we change because several clients named it."),
    "initiative": Entry("engine.cli.initiatives:initiative", "Answer many voices that have one cause by one change."),
    "voices": Entry("engine.cli.voices:voices", "List what clients said, and those who serve them."),
    "voice": Entry("engine.cli.voices:voice", "Record what was said in a call, a meeting, an e-mail or a review."),
    "away": Entry("engine.cli.away:away", "Say who of us is away, and who looks after their promises."),
    "set": Entry("engine.cli.settings:set_", "Change settings, for everyone or for one tier, account or contact."),
    "settings": Entry("engine.cli.settings:settings", "Show every setting and where its value comes from."),
    "logo": Entry("engine.cli.logo:logo", "Set the logo of clients' pages and messages."),
    "strategies": Entry("engine.cli.strategies:strategies", "List what takes part in decisions, or read one's page."),
    "surveys": Entry("engine.cli.surveys:surveys", "List surveys and their questions."),
    "check": Entry("engine.cli.surveys:check", "Look for mistakes in surveys, wording and settings."),
    "terms": Entry("engine.cli.terms:terms", "Say which fields a client's own terms do not let us keep."),
    "backup": Entry("engine.cli.backup:backup", "Copy the whole database while all goes on running."),
    "erase": Entry("engine.cli.erase:erase", "Forget a person, at their own wish."),
    "demo": Entry("engine.cli.demo:demo", "See it all happen with a sample company."),
}


class Table(click.Group):
    """The commands of COMMANDS. What goes wrong is said in one line, and where to go from there."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, function = COMMANDS[name].where.partition(":")
        try:
            command: click.Command = getattr(load(module), function)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise HeedError(f"This version of Heed has no `heed {name}` yet.", about=name) from None
        _accept_database(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"There is no command “{args[0]}”.{nearest(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        os.environ.setdefault(*MEMORY)
        return super().main(*args, **{"prog_name": "heed", **kwargs})

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("HEED_DEBUG") == "1":
                raise
            wrong_usage = isinstance(error, (InputError, AmbiguousError))
            raise (_WrongUsage if wrong_usage else _Failure)(error) from error


def load(module: str) -> Any:
    """A module of ours with all that it needs. None of that is garbage: looking for some is a third of a command's CPU,
    while it is loaded, while it is used and once more at the end."""
    if module in sys.modules:
        return sys.modules[module]
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        if collects:
            gc.enable()


def load_app() -> Any:
    """What each process of `heed serve` serves."""
    return load("engine.cli.serve").load_app()


class _Failure(click.ClickException):
    """Anything that went wrong, as one line."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error) if isinstance(error, HeedError) else _unforeseen(error))
        self.matches = error.matches if isinstance(error, AmbiguousError) else ()

    def show(self, file: Any = None) -> None:
        click.echo(f"heed: {self.message}", err=True)
        for match in self.matches:
            if match not in self.message:
                click.echo(f"  {match}", err=True)


class _WrongUsage(_Failure):
    exit_code = 2


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}."
    said = (str(error).strip() or "no more is known").splitlines()[0]
    return f"Heed cannot go on ({type(error).__name__}: {said}). With HEED_DEBUG=1 it shows where."


def _keep_database(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value:
        ctx.find_root().ensure_object(dict)["database"] = value


def _accept_database(command: click.Command) -> None:
    """`--database` may stand before the command and after it."""
    for part in [command, *getattr(command, "commands", {}).values()]:
        if not any(option.name == "database" for option in part.params):
            part.params.append(_database_option())


def _database_option() -> click.Option:
    words = "Where everything is kept: sqlite:///FILE or postgresql://…  [default: sqlite:///heed.db]"
    return click.Option(["--database"], metavar="URL", help=words, callback=_keep_database, expose_value=False)


@click.command(cls=Table, params=[_database_option()], context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("heed-surveys"), prog_name="heed", message="%(prog)s %(version)s")
def main() -> None:
    """Listen to each client in the way that suits that client, and keep the promises that follow.

    \b
    Begin with:
      heed init
      heed import accounts.csv contacts.csv
      heed plan --dry-run
    """
