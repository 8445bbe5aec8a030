"""The environment variables that say what plugins do."""

from __future__ import annotations

import os

DISABLE_VARIABLE = "GNNREC_DISABLE_PLUGINS"
TRACE_VARIABLE = "GNNREC_TRACE_PLUGINS"


def disabled_names() -> set[str]:
    """The plugins that are to be left out."""
    names = os.environ.get(DISABLE_VARIABLE, "").split(",")
    return {name.strip() for name in names if name.strip()}


def is_traced() -> bool:
    """Whether to tell what plugins are asked, and how long they take."""
    return os.environ.get(TRACE_VARIABLE, "0") not in {"", "0"}
