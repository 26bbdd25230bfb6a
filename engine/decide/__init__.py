"""Deciding, purely: frames and dates in, decisions out. Nothing here knows SQL, the web or a clock."""
