"""The command line: help for everything, one line for what goes wrong, exit codes, JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from engine.cli import COMMANDS, MEMORY, main
from tests.sheets import ASKS, write_book, write_sheet


@pytest.fixture
def heed(runner):
    def run(*arguments):
        return runner.invoke(main, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def book(heed, tmp_path):
    assert heed("import", *write_book(tmp_path)).exit_code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert f"heed {command}" in result.output.partition("Example")[2]
    assert "--database" in result.output


def test_help_loads_no_command(tmp_path):
    code = "import sys; from engine.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert all(f"  {name} " in said for name in COMMANDS)
    assert not {"polars", "sqlalchemy", "flask", "rich", "engine.house"} & set(said.splitlines()[-1].split())


def test_commands_that_serve_nothing_load_nothing_that_does(tmp_path):
    """A third of a second for each of them, and as much for what changes the tables."""
    served = {"engine.cli.serve", "engine.cli.demo"}
    modules = sorted({entry.where.partition(":")[0] for entry in COMMANDS.values()} - served)
    code = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert not {"flask", "granian", "alembic", "engine.web"} & set(said.split())


def test_how_memory_is_kept_is_settled_before_polars_is_loaded(tmp_path):
    code = """
import os, sys
class Watch:
    def find_spec(self, name, *rest):
        if name == "polars":
            raise SystemExit(os.environ.get("_RJEM_MALLOC_CONF"))
sys.meta_path.insert(0, Watch())
from engine.cli import main
main(["strategies"])
"""
    for own in ({}, {"_RJEM_MALLOC_CONF": "dirty_decay_ms:7"}):
        environ = {name: value for name, value in os.environ.items() if name != MEMORY[0]} | own
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environ)
        assert run.stderr.strip() == own.get(MEMORY[0], MEMORY[1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["pln"], 2, "There is no command “pln”. Did you mean plan?"),
        (["plan", "--on", "24.11.2026"], 2, "“24.11.2026” is no date; write it as 2026-11-24"),
        (["plan", "--on", "2026-02-30"], 2, "“2026-02-30” is no date"),
        (["plan", "--on", "9999-12-31"], 2, "“9999-12-31” is not between 1970 and 2199"),
        (["import"], 2, "Name files to import"),
        (["import", "."], 2, "is a directory"),
        (["import", "/dev/null"], 2, "/dev/null: the first line must name the columns"),
        (["import", "--map", "/dev/null", "/dev/null"], 2, "/dev/null: there should be keys with values here"),
        (["import", "nowhere.csv"], 2, "nowhere.csv"),
        (["import", "--kind", "contact", "nowhere.csv"], 2, "contact"),
        (["set", "fatigue_limits.max_ask=3"], 2, "Did you mean fatigue_limits.max_asks?"),
        (["set", "fatigue_limits.max_asks"], 2, "write fatigue_limits.max_asks=VALUE"),
        (["set", "live_ask.valid_days=3", "live_ask.valid_days=4"], 2, "named twice"),
        (["set", "fatigue_limits.max_asks=3", "--reset"], 2, "write fatigue_limits.max_asks alone"),
        (["set", "fatigue_limits.window_days=3"], 2, "must not be shorter than the gap"),
        (["settings", "--diff", "x"], 2, "write 3, or 3..7"),
        (["settings", "--diff", "9"], 1, "There is no version 9 of the plan; the last is 0"),
        (["settings", "--revert", "9"], 1, "There is no change 9; none was made yet"),
        (["settings", "north", "--revert", "9"], 2, "leave out the account"),
        (["settings", "--history", "--diff", "1"], 2, "Ask for one thing"),
        (["settings", "--force"], 2, "go with --revert"),
        (["settings", "nowhere"], 1, "There is no account “nowhere”"),
        (["strategies", "fatigue_limit"], 1, "Did you mean fatigue_limits?"),
        (["explain", "nobody@x.example"], 1, "nobody@x.example"),
        (["explain"], 2, "Name one CONTACT"),
        (["explain", "ada", "--language", "frr"], 2, "“frr”; there are de, en, fr. Did you mean fr?"),
        (["plan", "--language", "xx"], 2, "There is no language “xx”; there are de, en, fr."),
        (["explain", "--all"], 2, "write --all --json"),
        (["init", "--admin", "nobody"], 2, "“nobody” is no e-mail address"),
        (["settings", "--database", "mysql://x"], 2, "sqlite:///FILE or postgresql://"),
        (["settings", "--database", "sqlite:///nowhere.db"], 1, "Run `heed init` first"),
        (["settings", "--database", "sqlite:///."], 1, "cannot be opened. It must be a file"),
        (["init", "--database", "sqlite:////dev/null/heed.db"], 1, "/dev/null: File exists"),
        (["init", "--database", "postgresql://x@127.0.0.1:1/x"], 1, "cannot be reached: connection failed"),
        (["serve", "--host", "192.0.2.1"], 1, "Choose others with --port and --host"),
        (["promise", "agree", "x"], 1, "a promise is called P-12"),
    ],
)
def test_what_goes_wrong_is_said_without_a_traceback(heed, arguments, code, said):
    result = heed(*arguments)
    assert result.exit_code == code
    assert said in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output
    assert not result.stdout


def test_a_mistake_in_heed_toml_is_named(heed, tmp_path):
    (tmp_path / "heed.toml").write_text('databse_url = "x"')
    result = heed("settings")
    assert (result.exit_code, "Did you mean database_url?" in result.stderr) == (2, True)


def test_a_mistyped_environment_variable_is_told_the_nearest_and_others_are_left_alone(heed, runner):
    runner.env |= {"HEED_DATABSE_URL": "x", "HEED_SERVICE_HOST": "10.0.0.7"}
    result = heed("settings")
    assert (result.exit_code, "HEED_DATABSE_URL. Did you mean HEED_DATABASE_URL?" in result.stderr) == (2, True)
    runner.env["HEED_DATABSE_URL"] = None
    assert heed("settings").exit_code == 0


@pytest.mark.parametrize("where", ["nowhere", "heed.toml"])
def test_templates_that_are_no_folder_are_named(heed, tmp_path, where):
    (tmp_path / "heed.toml").write_text(f'templates = "{where}"')
    result = heed("surveys")
    assert (result.exit_code, f"templates must name a folder, and “{where}” is none" in result.stderr) == (2, True)


def test_a_file_that_cannot_be_opened_is_named_without_a_traceback(heed, tmp_path):
    (tmp_path / "heed.toml").mkdir()
    assert (heed("plan").exit_code, heed("plan").stderr) == (1, "heed: heed.toml: Is a directory.\n")


def test_the_database_may_be_named_before_the_command_and_after_it(heed):
    assert heed("init", "--database", "sqlite:///mine.db").exit_code == 0
    heed("--database", "sqlite:///mine.db", "set", "company.name=Halden")
    assert "Halden" in heed("settings", "--database", "sqlite:///mine.db").stdout
    assert "Halden" not in heed("settings").stdout


def test_init_can_be_done_twice_and_keeps_its_secret(runner, monkeypatch):
    runner.env.pop("HEED_SECRET")
    first = runner.invoke(main, ["init", "--database", "sqlite:///new.db", "--admin", "Maria@us.example"])
    again = runner.invoke(main, ["init", "--database", "sqlite:///new.db", "--admin", "maria@us.example"])
    assert "ready" in first.stdout
    assert "A secret was generated" in first.stdout
    assert "maria@us.example is noted as an admin" in first.stdout
    assert re.search(r"Choose a password here, once, .*/admin/welcome/\S+", first.stdout)
    assert "up to date" in again.stdout
    assert "The secret in the database" in again.stdout
    assert "was a user already" in again.stdout


def test_import_counts_and_names_what_it_rejects(heed, tmp_path):
    book = write_book(tmp_path, asks=ASKS.replace("ada", "nobody"))
    tried = heed("import", *book, "--dry-run")
    assert tried.exit_code == 1
    assert "Nothing was written" in tried.stdout
    result = heed("import", *book)
    assert result.exit_code == 1
    assert f"{tmp_path / 'asks.csv'}:2: contact_key “nobody”" in result.stdout
    assert [line.split()[:2] for line in result.stdout.splitlines()[:2]] == [["accounts", "2"], ["contacts", "3"]]


def test_import_answers_in_json(heed, tmp_path):
    book = write_book(tmp_path, asks=ASKS.replace("ada", "nobody"))
    answer = json.loads(heed("import", *book, "--json").stdout)
    assert answer["counts"]["contacts"] == {"new": 3, "changed": 0, "unchanged": 0, "rejected": 0}
    assert answer["rejections"][0]["line"] == 2


def test_import_maps_columns_by_a_file(heed, book, tmp_path):
    sheet = write_sheet(tmp_path, "export", "Company;ID\nnorth;z\n")
    (tmp_path / "map.yaml").write_text("kind: contacts\ncolumns: {Company: account_key, ID: key}\n")
    assert heed("import", sheet, "--map", tmp_path / "map.yaml").exit_code == 0
    (tmp_path / "map.yaml").write_text("columns: {}\nkinds: contacts\n")
    result = heed("import", sheet, "--map", tmp_path / "map.yaml")
    assert (result.exit_code, "map.yaml:2: there is no key “kinds”" in result.stderr) == (2, True)


def test_settings_and_strategies_answer_in_json(heed, book):
    heed("set", "fatigue_limits.max_asks=3", "--account", "north")
    found = json.loads(heed("settings", "north", "--json").stdout)
    assert {"value": 3, "layer": "account", "of": "north"}.items() <= next(
        setting for setting in found if setting["name"] == "fatigue_limits.max_asks"
    ).items()
    strategies = {one["name"]: one for one in json.loads(heed("strategies", "--json").stdout)}
    assert strategies["fatigue_limits"]["takes_part_in"] == ["holds"]


def test_changes_of_the_plan_are_shown_compared_and_taken_back(heed, book):
    said = heed("set", "fatigue_limits.max_asks=3", "--account", "north", "--comment", "Agreed in the review")
    assert said.stdout == "1 setting changed for account north: change 1 of the plan.\n"
    assert heed("set", "fatigue_limits.max_asks=3", "--account", "north").stdout.startswith("Nothing changed")
    heed("set", "quiet_times.blackouts=2026-12-24..2027-01-01", "fatigue_limits.gap_exempt=")
    heed("set", "fatigue_limits.max_asks", "--account", "north", "--reset")
    history = heed("settings", "north", "--history").stdout
    for line in (
        "    fatigue_limits.max_asks  not set → 3\n    “Agreed in the review”",
        "    quiet_times.blackouts  not set → 2026-12-24..2027-01-01\n    fatigue_limits.gap_exempt  not set → none",
        "    fatigue_limits.max_asks  3 → not set",
    ):
        assert line in history
    assert heed("settings", "--diff", "1..3").stdout.splitlines()[-1].endswith("3 → not set  account north")
    assert "fatigue_limits" not in heed("settings", "--diff", "0..3").stdout.replace("fatigue_limits.gap_exempt", "")
    assert heed("settings", "--revert", "2").stdout == "2 settings changed: change 4 of the plan.\n"
    assert "    takes back change 2" in heed("settings", "--history").stdout
    assert heed("settings", "--diff", "3..3").stdout == "Nothing was changed.\n"


def test_changes_of_the_plan_answer_in_json(heed):
    heed("set", "fatigue_limits.max_asks=3")
    heed("set", "fatigue_limits.max_asks=2")
    step = {"name": "fatigue_limits.max_asks", "before": 3, "after": 2}
    newest = json.loads(heed("settings", "--history", "--json").stdout)[0]
    assert (newest["number"], newest["layer"], newest["of"], newest["settings"]) == (2, "house", "", [step])
    assert json.loads(heed("settings", "--diff", "1..2", "--json").stdout) == [step | {"layer": "house", "of": ""}]
    refused = heed("settings", "--revert", "1")
    assert (refused.exit_code, "changed again by change 2" in refused.stderr) == (1, True)
    reverted = json.loads(heed("settings", "--revert", "1", "--force", "--json").stdout)
    assert reverted == {"number": 3, "settings": [{"name": "fatigue_limits.max_asks", "before": 2, "after": None}]}


def test_a_setting_that_lets_nobody_be_asked_is_warned_of(heed, book):
    result = heed("set", "quiet_times.blackouts=2026-01-01..2060-01-01")
    assert result.exit_code == 0
    assert "note: After this, 3 of 3 contacts would never be asked (0 before)." in result.stderr


def test_a_strategys_manual_page_names_its_settings(heed):
    said = heed("strategies", "relationship_tier").stdout
    assert "relationship_tier.every_days = 180 (strategic 90, key 120, light 365)" in said


def test_a_house_value_over_tier_defaults_is_warned_of(heed):
    result = heed("set", "relationship_tier.every_days=100")
    assert (result.exit_code, "differed by tier" in result.stderr) == (0, True)


def test_plan_and_explain_answer_in_words_and_json(heed, book):
    assert heed("plan", "--dry-run").exit_code == 0
    assert json.loads(heed("plan", "--json").stdout)
    assert heed("explain", "north/ada").exit_code == 0
    assert json.loads(heed("explain", "ada@north.example", "--json").stdout)["contact"]["key"] == "ada"
    assert "Was dagegen spricht" in heed("explain", "north/ada", "--language", "de").stdout
    assert "examinés" in heed("plan", "--dry-run", "--language", "fr").stdout
    lines = heed("explain", "--all", "--json").stdout.splitlines()
    assert [json.loads(line)["contact"]["key"] for line in lines] == ["ada", "ben", "cid"]


def test_surveys_and_check_look_at_what_ships(heed):
    assert "relationship" in heed("surveys").stdout
    assert json.loads(heed("surveys", "--json").stdout)
    result = heed("check")
    assert (result.exit_code, result.stdout) == (0, "No mistakes found.\n")
