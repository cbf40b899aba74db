"""The log of the web server: one line an entry on stderr, whatever a request holds."""

from __future__ import annotations

import logging
import time
from typing import Any

__all__ = ["OneLine", "log_settings"]


class OneLine(logging.Formatter):
    """Time (UTC), level and text; line breaks and control characters are written as escapes, so that nothing that a
    request holds can make a line of its own."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)


def log_settings() -> dict[str, Any]:  # Any: the values that logging.config takes
    """For `logging.config.dictConfig`: warnings of the server, everything of ours, and requests where they are asked
    for."""
    loggers = {"uvicorn": "WARNING", "uvicorn.error": "WARNING", "uvicorn.access": "INFO", "sova": "INFO"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "sova.web.log_lines.OneLine"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": level, "propagate": False} for name, level in loggers.items()
        },
    }
