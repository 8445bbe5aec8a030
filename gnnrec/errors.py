"""The errors a user can mend: each one's text is the whole message, and it knows its exit status."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_MEMORY = ("allocate memory", "out of memory")
"""What messages of PyTorch and of the operating system have in them when there is no more."""

LESS_MEMORY = (
    "What takes less: fewer users or items (filters), a smaller trainer.batch_size or encoder.channels, or a scorer "
    "that holds no matrix of items by items (gnnrec list scorer)."
)
"""Ends the message where memory ran out, or would."""


class GnnrecError(Exception):
    """What went wrong, in words a user can act on; the command line prints it without a traceback."""

    exit_status = 1


class DataError(GnnrecError):
    """A data set cannot be had, or is not what it should be."""


class ContractError(GnnrecError):
    """A component returned something that its contract does not allow."""


class TrainingError(GnnrecError):
    """Training cannot go on, for example because the loss is no longer finite."""


class RunDirectoryError(GnnrecError):
    """A run directory cannot be written, found or read."""


class PluginError(GnnrecError):
    """A plugin does not keep the rules; it is left out and this says why."""


class UsageError(GnnrecError):
    """The arguments of a command or of a call are wrong."""

    exit_status = 2


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, NumPy, Arrow or PyTorch says that there is no more memory, on whichever device.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))
    True
    """
    told = str(error).lower()
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError | OSError) and any(words in told for words in NO_MEMORY)
    )


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the nearest known one, or all of them.

    >>> suggestion("sgae", ["sage", "gat"])
    "; did you mean 'sage'?"
    >>> suggestion("sgae", ["hetero_sage", "gat"])
    "; did you mean 'hetero_sage'?"
    >>> suggestion("zzz", ["sage", "gat"])
    '; known: gat, sage'
    """
    options = sorted(known)
    by_part = (option for option in options if get_close_matches(word, option.split("_")))
    near = get_close_matches(word, options, n=1) or list(by_part)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(options)}" if options else "; none is installed"
