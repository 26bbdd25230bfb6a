"""Every use case, as `verb_noun(engine, …)`: the same for web, API, command line and jobs. None sees a request."""
