"""Bytes or datagrams out and in, no meaning. Each wire fits `avctl.model.ports.Wire` and raises nothing but LinkDown."""
