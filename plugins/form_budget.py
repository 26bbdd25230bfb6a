"""Keep every form short: so many seconds of the contact's time, so many questions, and always room for their own words.

What it looks at: how long each question takes to answer, as the survey states it.

Settings: `seconds` of a person's time, more for the most important clients and less for light ones; at most `most`
questions.

Edges: anchors are asked even where they alone are over the budget. One question in each form is open, so that the
client can say what we did not think of.

Example: 120 seconds hold two anchors, three questions of ten seconds and one in the client's own words.
"""

from __future__ import annotations

from engine.api import Schema, count, seconds


class Settings(Schema):
    seconds = seconds(
        120, "Take at most so many seconds of a person's time.", least=1, strategic=180, key=120, standard=120, light=90
    )
    most = count(7, "Ask at most so many questions.", least=1, most=50)
