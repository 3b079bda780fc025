"""Bytes or datagrams out and in, no meaning. Each wire is an `avctl.model.ports.Wire` and raises only LinkDown."""
