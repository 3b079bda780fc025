"""The log: one line per change of state, to standard error; words for a terminal, `key=value` for a journal."""

import logging
import sys

import structlog


def set_up(least: int = logging.INFO) -> None:
    """Send the log to standard error from `least` on. Under systemd the journal adds the time itself."""
    terminal = sys.stderr.isatty()
    drawn = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.KeyValueRenderer(key_order=["event"])
    stamp = [structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)] if terminal else []
    structlog.configure(
        processors=[structlog.processors.add_log_level, *stamp, drawn],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
