"""Where clients' pages and messages come from: the templates that ship, any of which a folder of one's own may replace.

Templates are compiled once, when the app starts. They are ours or the house's own, never text from an import: what
clients and account teams write goes in as values and is escaped.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from engine.config import Config


def template_folders(config: Config) -> list[Path]:
    """Folders to look in, the first one that has a file wins."""
    shipped = Path(str(files("survey_templates")))
    return [Path(config.templates), shipped] if config.templates else [shipped]


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
    )
