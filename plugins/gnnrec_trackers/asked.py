"""Which trackers `GNNREC_TRACK` asks for."""

from __future__ import annotations

import importlib.util
import logging
from functools import cache

from gnnrec.errors import suggestion

VARIABLE = "GNNREC_TRACK"
TRACKERS = ("tensorboard", "mlflow")
"""Their names, which are those of the libraries as well."""

logger = logging.getLogger("gnnrec")


@cache
def asked_for(value: str) -> tuple[str, ...]:
    """The trackers that `value`, names separated by commas, asks for and that can be had.

    Of the others a warning is logged: once in a process, for a comparison has many runs.
    """
    names = dict.fromkeys(name.strip() for name in value.split(",") if name.strip())
    return tuple(name for name in names if _can_be_had(name))


def _can_be_had(name: str) -> bool:
    if name not in TRACKERS:
        logger.warning("%s: no tracker is called '%s'%s", VARIABLE, name, suggestion(name, TRACKERS))
        return False
    if importlib.util.find_spec(name) is None:
        logger.warning(
            "%s: %s is not installed, so nothing is tracked there: pip install 'gnnrec[track]'", VARIABLE, name
        )
        return False
    return True
