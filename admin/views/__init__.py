"""The pages, a module for each room of the desk. Importing this puts every one of them on the blueprint."""

from admin.views import (
    accounts,
    asks,
    calendar,
    calls,
    door,
    house,
    initiatives,
    keeping,
    people,
    plan,
    promises,
    sides,
    survey_edits,
    surveys,
    today,
    why,
)

__all__ = [
    "accounts",
    "asks",
    "calendar",
    "calls",
    "door",
    "house",
    "initiatives",
    "keeping",
    "people",
    "plan",
    "promises",
    "sides",
    "survey_edits",
    "surveys",
    "today",
    "why",
]
