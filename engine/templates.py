"""Where clients' pages and messages come from: the templates that ship, any of which a folder of one's own may replace.

Templates are compiled once, when the app starts. They are ours or the house's own, never text from an import: what
clients and account teams write goes in as values and is escaped.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from types import CodeType

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.bccache import Bucket

from engine.config import Config


def template_folders(config: Config) -> list[Path]:
    """Folders to look in, the first one that has a file wins."""
    shipped = Path(str(files("survey_templates")))
    return [Path(config.templates), shipped] if config.templates else [shipped]


class Compiled(BytecodeCache):
    """Keeps what was compiled for as long as the process lives, by its source: another app need not do it again.

    One for each kind of environment: how spaces are trimmed is in what is compiled, and not in its source.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = Compiled()


def build_environment(config: Config) -> Environment:
    """A compiled template says so when a value is missing; every value in an HTML template is escaped."""
    return Environment(
        loader=FileSystemLoader(template_folders(config)),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_COMPILED,
    )
