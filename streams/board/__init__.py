"""The board's server side: what its pages are made of, over HTTP, whichever worker is asked.

`board` puts it together: `published` follows what all workers publish, `people` says who belongs where, `pages` makes the answers
of it; `moments` scores earlier dates for trends and movers; `neighbours` asks the worker that owns a subject; `explaining` has
an explanation worked out by a process beside; `letters`, `stream_figures` and `scorecard_words` are a page each. `static/` is
what a browser loads. Nothing is begun before somebody asks, and nothing runs in the lanes' threads but what a question for a
score costs.
"""
