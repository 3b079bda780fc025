"""The room: state, rules, guards, phases, paths, and the sessions that keep devices. It has never met a projector."""
