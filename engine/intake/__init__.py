"""PURE: files of rows in, checked frames and rejected lines out. No database, no clock, no web."""
