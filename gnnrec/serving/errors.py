"""What becomes of a store that cannot do what it is asked."""

from __future__ import annotations

from gnnrec.errors import GnnrecError


class StoreError(GnnrecError):
    """A store cannot be opened, read or written; the message says what to do.

    Args:
        message: The whole message.
        retry: Whether the same may succeed in a moment, as things are: it is locked, or a connection was lost.
    """

    def __init__(self, message: str, *, retry: bool = False) -> None:
        super().__init__(message)
        self.retry = retry
