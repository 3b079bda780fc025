"""The hardware that is not there: mixers, projectors, chargers and power strips with a life of their own.

Written from the makers' manuals; imports nothing from avctl, so that a misreading there meets a second opinion here.
`python -m simulators config/site.yaml` runs a whole site; `control` breaks it from outside.
"""
