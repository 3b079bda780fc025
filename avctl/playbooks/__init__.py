"""Playbooks: what is done in a room before, during and after a meeting, step by step, with a report.

`model` is their grammar, `load` reads them from YAML, `check` and `limit` judge, `fit` lays one into a room, `run`
performs one, `runner` decides when and which goes first, `report` tells what came of it.
"""
