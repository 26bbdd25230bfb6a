"""The account team reads in its own language: which there are, what plugins and houses add, what is not translated."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from engine.app import open_house
from engine.data.store import EVERYTHING
from engine.errors import InputError
from engine.house import Engine
from engine.operations.decisions import explain_contact
from engine.operations.readers import find_language, list_untranslated
from tests.factories import make_account, make_contact

RULE = '''"""Wait a while after the first contact."""

from engine.api import Hold, days, hookimpl, plus_days, Schema


class Settings(Schema):
    rest_days = days(5000, "Wait so many days.")


@hookimpl
def hold_until(book, settings):
    return Hold(
        until=plus_days(book["created_on"], settings.rest_days),
        because="a contact since {created_on}; we wait {first_steps.rest_days|a day|# days}",
    )
'''
GERMAN = """msgid ""
msgstr ""
"Language: de\\n"

msgid "a contact since {created_on}; we wait {first_steps.rest_days|a day|# days}"
msgstr "Kontakt seit {created_on}; wir warten {first_steps.rest_days|einen Tag|# Tage}"
"""


def write_catalog(folder: Path, locale: str, text: str) -> None:
    file = folder / "locales" / locale / "LC_MESSAGES" / "heed.po"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")


def write_plugin(folder: Path) -> ModuleType:
    (folder / "first_steps.py").write_text(RULE, encoding="utf-8")
    spec = spec_from_file_location("first_steps", folder / "first_steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_templates(engine: Engine, folder: Path) -> Engine:
    return replace(engine, config=replace(engine.config, templates=str(folder)))


def test_a_plugin_brings_the_translations_of_its_sentences(engine: Engine, tmp_path: Path) -> None:
    write_catalog(tmp_path, "de", GERMAN)
    house = open_house(engine.config, engine.clock, [write_plugin(tmp_path)])
    with house.store.write(EVERYTHING) as session:
        make_contact(session, make_account(session, key="north"), key="ada")
    german, french = (explain_contact(house, "north/ada", None, find_language(house, name)) for name in ("de", "fr"))
    assert [hold["because"] for hold in german.holds if hold["strategy"] == "first_steps"] == [
        "Kontakt seit 6. Jan. 2025; wir warten 5.000 Tage"
    ]
    assert [hold["because"] for hold in french.holds if hold["strategy"] == "first_steps"] == [
        "a contact since 6 Jan 2025; we wait 5,000 days"
    ]
    assert [(strategy, locale) for strategy, locale, _ in list_untranslated(house)] == [("first_steps", "fr")]
    house.store.close()


def test_every_sentence_that_ships_is_translated(engine: Engine) -> None:
    assert list(list_untranslated(engine)) == []


def test_a_house_adds_a_language_and_says_things_its_own_way(engine: Engine, tmp_path: Path) -> None:
    write_catalog(tmp_path, "nl", 'msgid ""\nmsgstr ""\n\nmsgid "do not ask."\nmsgstr "niet vragen."\n')
    write_catalog(tmp_path, "de", 'msgid ""\nmsgstr ""\n\nmsgid "do not ask."\nmsgstr "in Ruhe lassen."\n')
    house = with_templates(engine, tmp_path)
    assert find_language(house, "nl").gettext("do not ask.") == "niet vragen."
    german = find_language(house, "de_AT.UTF-8")
    assert [german.gettext(text) for text in ("do not ask.", "nothing to ask about.")] == [
        "in Ruhe lassen.",
        "kein Anlass zu fragen.",
    ]
    assert {locale for _, locale, _ in list_untranslated(house)} == {"nl"}


def test_a_catalog_that_is_none_is_named(engine: Engine, tmp_path: Path) -> None:
    write_catalog(tmp_path, "nl", 'msgid "one\n')
    with pytest.raises(InputError, match=r"nl/LC_MESSAGES/heed\.po"):
        find_language(with_templates(engine, tmp_path))


def test_the_house_has_a_language_of_its_own(engine: Engine) -> None:
    german = replace(engine, config=replace(engine.config, language="de"))
    assert [find_language(each).locale for each in (engine, german)] == ["en", "de"]
    assert find_language(german, "fr").locale == "fr"
    with pytest.raises(InputError, match=r"“frr”; there are de, en, fr\. Did you mean fr\?"):
        find_language(engine, "frr")
