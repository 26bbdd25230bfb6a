"""What the docs show is run: each hook's example on the sample book, the survey that docs/surveys.md explains."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest

from engine.api import Answer, Given, Message, Question
from engine.app import create_app, open_house
from engine.config import Config
from engine.operations.decisions import explain_all
from engine.operations.imports import import_files
from engine.operations.installation import install_house
from engine.samples.book import write_book
from tests.conftest import NOW, SECRET

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLES = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", (DOCS / "hooks.md").read_text(encoding="utf-8"), re.DOTALL)
TODAY = date(2026, 11, 24)


def load(name, source):
    module = ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return module


@pytest.fixture
def house(tmp_path, monkeypatch):
    """The sample book in a house with every plugin of docs/hooks.md."""
    monkeypatch.chdir(tmp_path)
    modules = [load(name, source) for name, source in EXAMPLES]
    engine = open_house(Config(database_url="sqlite:///heed.db", secret=SECRET), lambda: NOW, modules)
    install_house(engine)
    import_files(engine, write_book(TODAY, tmp_path / "book"))
    yield engine
    engine.store.close()


def test_every_hook_has_an_example_that_decides_without_a_failure(house):
    told = [explanation.as_dict() for explanation in explain_all(house, TODAY)]
    spoke = {said["strategy"] for one in told for part in ("reasons", "holds", "limits") for said in one[part] or ()}
    assert {"champion_gone_quiet", "fresh_contract", "month_end", "one_per_role"} <= spoke
    for name, source in EXAMPLES:
        health = house.plugins.all[name].health
        assert (health.failures, health.last_error) == (0, "")
        assert health.calls or "promise" in source or "register_blueprints" in source


def test_the_example_of_a_page_is_served(house):
    assert create_app(house).test_client().get("/about").text == "We listen, and keep our promises."


def test_the_example_of_a_channel_delivers(house):
    message = Message(
        to="ada@north.example", to_name="Ada", sender="us@house.example", sender_name="Us", subject="How are we doing?",
        text="Three questions", message_id="<1@house.example>",
    )  # fmt: skip
    with house.plugins.channels["outbox"].open(house.config) as line:
        receipt = line.deliver(message)
    assert receipt.outcome == "sent"
    assert "ada@north.example" in Path("outbox", receipt.detail).read_text()


def test_the_example_of_a_question_type_reads_what_is_posted(house):
    kind = house.plugins.question_types["agreement"]
    assert kind.read(Question("plan", "agreement", {}), {"q": ["6"]}, "q") == Given("6", 6.0)


def test_the_example_of_a_promise_is_suggested_for_a_low_score(house):
    def suggested(score):
        answer = Answer(
            ask_id=1, account_id=1, contact_id=1, survey="relationship", question="value", type="rating",
            given=Given(str(score), score), answered_at=datetime(2026, 11, 24, tzinfo=UTC), measures="value",
        )  # fmt: skip
        return house.plugins.all["price_review"].call("suggest_promises", [answer])

    assert [draft.title for draft in suggested(2)] == ["Go through the costs with you"]
    assert suggested(4) == []
