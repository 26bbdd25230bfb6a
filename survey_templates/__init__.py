"""Everything a client sees: surveys, the journey, pages, messages, languages. Any file of it can be replaced by one of
the same name in the folder that `templates` in heed.toml names."""
