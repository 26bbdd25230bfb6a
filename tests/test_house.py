"""The house keeps its own rules: what stands in the docs is what stands in the code, and rooms stay small and apart."""

from __future__ import annotations

import ast
import configparser
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pluggy
import pytest

from docs.pages import FOLDER, PAGES
from engine import api, hookspecs
from engine.cli import COMMANDS
from engine.registry import build_plugins

ROOT = Path(__file__).parent.parent
ENGINE = sorted(ROOT.glob("engine/**/*.py"))
PLUGINS = sorted(ROOT.glob("plugins/*.py"))
DESK = sorted(ROOT.glob("admin/**/*.py"))
HOOKS = [name for name, thing in vars(hookspecs).items() if hasattr(thing, "heed_spec")]
MOST_LINES, MOST_IN_A_FUNCTION = 350, 40

each_hook = pytest.mark.parametrize("hook", HOOKS)


def name_of(path):
    return str(path.relative_to(ROOT))


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def read(name):
    return (FOLDER / name).read_text(encoding="utf-8")


# docs


@each_hook
def test_every_hook_is_documented_by_its_signature(hook):
    arguments = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)
    page = read("hooks.md").partition(f"\n## {hook}({arguments})\n")[2].partition("\n## ")[0]
    assert page, f"docs/hooks.md has no heading “## {hook}({arguments})”"
    for part in ("**When**", "**Arguments**", "**Returns**", "```python", "**Used by**"):
        assert part in page, f"{hook} has no {part}"


@each_hook
def test_every_hook_is_used_by_a_plugin_that_ships_and_named_with_it(hook):
    users = [plugin.name for plugin in build_plugins().all.values() if hook in plugin.hooks]
    told = read("hooks.md").partition(f"\n## {hook}(")[2].partition("\n## ")[0].rpartition("**Used by**")[2]
    assert users
    assert set(re.findall(r"`(\w+)`", told)) <= set(users)
    assert re.findall(r"`(\w+)`", told)


@each_hook
def test_every_hook_says_when_in_its_docstring(hook):
    assert len(inspect.getdoc(getattr(hookspecs, hook)) or "") > 20


def test_no_heading_of_the_hooks_page_is_about_a_hook_there_is_not():
    assert set(re.findall(r"^## (\w+)\(", read("hooks.md"), re.MULTILINE)) == set(HOOKS)


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_pages_are_up_to_date(page):
    assert read(page) == PAGES[page](), "run `make docs`"


def test_every_setting_is_documented_with_help():
    page = read("settings.md")
    for spec in build_plugins().catalog:
        assert spec.help, spec.name
        assert f"`{spec.name}`" in page or spec.key == "mode", spec.name


def test_every_plugin_has_a_manual_page():
    for plugin in build_plugins().all.values():
        assert len(plugin.manual.split()) > 10, plugin.name
        assert f"### {plugin.name}\n" in read("strategies.md")


def test_everything_behind_the_door_is_explained():
    assert len(api.__all__) == len(set(api.__all__))
    assert not [name for name in vars(api) if not name.startswith("_") and name not in {*api.__all__, *IMPORTS}]
    for name in api.__all__:
        thing = getattr(api, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), name


IMPORTS = ("annotations", "pl")


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")) + sorted(FOLDER.glob("*.md")), ids=name_of)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_the_readme_names_tests_that_exist():
    named = re.findall(r"`(tests/\w+\.py)(?:::(\w+))?`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named
    for file, test in named:
        assert f"def {test}" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"


# rooms


@pytest.mark.parametrize("path", ENGINE + PLUGINS + DESK, ids=name_of)
def test_files_and_functions_stay_small(path):
    if "migrations/versions" in path.as_posix():  # a table of data, as the migration tool writes it
        return
    assert path.name == "models.py" or len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.body[0].lineno < MOST_IN_A_FUNCTION, node.name


@pytest.mark.parametrize("path", ENGINE + PLUGINS + DESK, ids=name_of)
def test_every_module_says_what_belongs_here(path):
    assert ast.get_docstring(tree_of(path))


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_first_party_imports_stand_at_the_top(path):
    """The command line's table of names is the one exception, and is no import statement."""
    for function in ast.walk(tree_of(path)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                assert not [name for name in names if name.partition(".")[0] in ("engine", "plugins")], function.name


@pytest.mark.parametrize("path", ENGINE + PLUGINS + DESK, ids=name_of)
def test_nothing_prints(path):
    calls = [node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id in ("print", "breakpoint")]


def test_every_module_of_the_engine_stands_on_a_floor():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    layers = config["importlinter:contract:floors"]["layers"]
    standing = set(re.findall(r"engine[\w.]*", layers))
    homeless = [
        module
        for module in map(module_of, ENGINE)
        if not any(f"{module}.".startswith(f"{floor}.") for floor in standing)
        and not any(floor.startswith(f"{module}.") for floor in standing)
    ]
    assert not homeless


# start


WATCH = """
import pkgutil, sys, engine, plugins

def refuse(event, args):
    if event in ("socket.connect", "sqlite3.connect", "subprocess.Popen"):
        raise SystemExit(f"{event} while importing")

sys.addaudithook(refuse)
for package in (engine, plugins):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".migrations." not in found.name:
            __import__(found.name)
"""


def test_importing_connects_to_nothing():
    done = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ENGINE + PLUGINS + DESK, ids=name_of)
def test_importing_reads_no_environment(path):
    tree = tree_of(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    read = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")]
    assert not [node.lineno for node in read if id(node) not in inside]


def test_one_manager_for_each_app():
    """Nothing is shared between two apps: a plugin given to one is unknown to the other."""

    class Visitor:
        """A plugin that only comes by, and says nothing about anybody."""

    assert "Visitor" in build_plugins([Visitor()]).all
    assert "Visitor" not in build_plugins().all
    assert not [name for name, thing in vars(hookspecs).items() if isinstance(thing, pluggy.PluginManager)]


ROUTES = {
    "/agenda/<token>.ics": {"GET"},
    "/calendar/<token>.ics": {"GET"},
    "/c/<token>": {"GET"},
    "/embed.js": {"GET"},
    "/embed/ask": {"POST"},
    "/f/<token>": {"GET", "POST"},
    "/p/<token>": {"GET", "POST"},
    "/s/<token>": {"GET", "POST"},
    "/script/<mark>.js": {"GET"},
    "/style/<code>/<mark>.css": {"GET"},
    "/u/<token>": {"GET", "POST"},
    "/w/<token>": {"GET", "POST"},
    "/w/<token>/data": {"GET"},
    "/w/<token>/data.json": {"GET"},
    "/w/<token>/forget": {"POST"},
    "/w/<token>/links": {"POST"},
}
"""Every route and what it answers to. A new one is written down here, and in tests of what it may do."""


def test_every_route_is_known(app):
    known: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        known.setdefault(rule.rule, set()).update(rule.methods - {"HEAD", "OPTIONS"})
    desks = {route for route in known if route.startswith("/admin")}  # tests/test_permissions.py has a row for each
    assert {route: verbs for route, verbs in known.items() if route not in desks} == ROUTES


def test_every_command_is_in_the_table_of_the_interface():
    assert all(entry.help.endswith(".") for entry in COMMANDS.values())
