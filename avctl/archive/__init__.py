"""The memory of the house: every event, in order, for good; and what maintenance wants to know, kept from them.

`store` writes (one thread, group commit, hash chain), `fold` keeps the tables that answer from the events,
`memory` is what the daemon asks after a restart, `questions` what people ask, `sheets` how the answer looks.
"""
