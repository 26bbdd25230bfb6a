"""Whatever is opened, by whoever and however, changes nothing: scanners, previews and prefetching open every link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient

from engine.data.models import Base, Contact
from engine.data.store import EVERYTHING
from engine.house import Engine
from engine.links import calendar_token, frame_token, shared_token
from tests.conftest import NOW
from tests.desk import ADMIN, Desks, furnish, sign_in
from tests.factories import make_contact
from tests.letters import make_letter, make_promises, promises_path, survey_path, wishes_path
from tests.test_permissions import routes, url_of

STATUSES = ("sent", "started", "answered", "declined", "in_doubt")
ASKED_FOR = (
    "", "?change=1", "?done=later", "?done=save", "?done=hint", "?pick=9", "?action=send&q1=3", "?saved=1", "?unsure=1",
    "?List-Unsubscribe=One-Click", "?verdict=kept&promise=1", "?share=yes", "?sure=yes", "?asked=no",
)  # fmt: skip
SCANNERS: tuple[dict[str, str], ...] = (
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)", "Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch", "Accept": "application/json", "List-Unsubscribe": "One-Click"},
)


def dump(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table."""
    with engine.store.read(EVERYTHING) as session:
        tables = Base.metadata.tables.items()
        return {name: sorted(map(repr, session.connection().execute(table.select()))) for name, table in tables}


def addresses(engine: Engine) -> Iterator[str]:
    """Every page of a client, wherever their ask stands; those that ran out, too."""
    secret = engine.config.secret
    with engine.store.write(EVERYTHING) as session:
        for number, status in enumerate(STATUSES):
            contact: Contact = make_contact(session, shares_promises=number == 0)
            make_promises(session, contact)
            values = {"answered_at": NOW} if status == "answered" else {}
            sent = make_letter(session, contact=contact, status=status, **values)
            yield from (survey_path(engine, sent), f"/f/{frame_token(secret, sent.id, int(NOW.timestamp()) + 600)}")
            yield survey_path(
                engine, make_letter(session, contact=make_contact(session), expires_at=NOW - timedelta(1))
            )
            yield from (promises_path(engine, contact), wishes_path(engine, contact), wishes_path(engine, contact, "u"))
            yield from (f"{wishes_path(engine, contact)}/data", f"{wishes_path(engine, contact)}/data.json")
            yield from (f"{wishes_path(engine, contact)}/forget", f"{wishes_path(engine, contact)}/links")
            yield f"/c/{shared_token(secret, contact.id, 0)}"
    yield f"/calendar/{calendar_token(secret, 'olive@house.example')}.ics"
    yield f"/agenda/{calendar_token(secret, 'olive@house.example', 'asks')}.ics"
    yield from ("/embed.js", "/style/none/0.css", "/script/0.js", "/s/~0123456789abcdef", "/nowhere")


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_opening_a_clients_pages_changes_nothing(engine: Engine, client: FlaskClient, verb: str) -> None:
    there = list(addresses(engine))
    before = dump(engine)
    # A HEAD is a GET whose body is left out: once for each page shows that.
    ways = [(asked, {}) for asked in ASKED_FOR if verb == "GET" or not asked] + [("", headers) for headers in SCANNERS]
    answers = [client.open(path + asked, method=verb, headers=way) for path in there for asked, way in ways]
    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert dump(engine) == before


def test_every_page_of_clients_is_among_them(engine: Engine, app: Flask) -> None:
    there = list(addresses(engine))
    rules = [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/admin") and "GET" in rule.methods]
    with app.test_request_context():
        matcher = app.url_map.bind("localhost")
        seen = set()
        for path in there:
            try:
                seen.add(matcher.match(path, method="GET", return_rule=True)[0].rule)
            except Exception:
                continue
    assert {rule.rule for rule in rules} - seen == set()


DESK_ASKED_FOR = ("", "?q=wind&page=2", "?format=csv", "?show=sent&state=all&whose=everybody", "?action=approve&ask=1",
                  "?fatigue_limits.max_asks=1&on=2026-12-01", "?by=owner&of=file&next=/admin/")  # fmt: skip


@pytest.mark.parametrize("verb", ["GET", "HEAD"])
def test_looking_at_the_desk_changes_nothing(engine: Engine, site: Flask, verb: str) -> None:
    desks: Desks = furnish(engine)
    before = dump(engine)
    client = sign_in(site.test_client(), engine, ADMIN)
    rules = [rule for rule, method in routes(site) if method == "GET"]
    rules.sort(key=lambda rule: rule.endpoint == "security.logout")  # nobody looks at anything after that
    for rule, asked in product(rules, DESK_ASKED_FOR if verb == "GET" else [""]):
        assert client.open(url_of(site, rule, desks) + asked, method=verb).status_code < 500, rule.rule
    assert dump(engine) == before
