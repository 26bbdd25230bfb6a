"""The account team's web interface: what needs you today, why each client is asked what and when, and what you owe.

What it looks at: everything, within the accounts that whoever is signed in may see. It changes what it changes through
the same operations as the command line, so the same rules hold and the same history is kept.

Edges: `heed init --admin EMAIL` makes the first admin and prints a link to choose a password with. Admins add others,
put them in teams, and give teams their accounts; whoever is named as an account's owner sees it without any team.

Example: open /admin/ below `public_url` while `heed serve` runs.
"""

from __future__ import annotations

from engine.api import hookimpl


@hookimpl
def register_blueprints() -> list[str]:
    return ["admin.site:desk"]
