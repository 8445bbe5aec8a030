"""The run that answers, and how another is taken over without a gap: by all workers of a server."""

from __future__ import annotations

import logging
import threading
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from gnnrec.errors import GnnrecError
from gnnrec.runs.saved import load_run
from gnnrec.serving.answers import Ask
from gnnrec.serving.backend import Refused
from gnnrec.serving.changes import Catalogue
from gnnrec.serving.live import Live

if TYPE_CHECKING:
    from gnnrec.runs.saved import Run
    from gnnrec.serving.store import Store

LONGEST_PATH = 4_096
"""Bytes of a run's path."""

IN_COMMON = 0.5
"""The share of the items of a run that its successor has to know."""

logger = logging.getLogger("gnnrec")


class Announced:
    """The run that all workers are to take over: in memory that processes share once they are forked."""

    def __init__(self) -> None:
        self._memory = mmap(-1, 8 + LONGEST_PATH)

    def tell(self, run: Path) -> None:
        """Announce a run."""
        told = str(run).encode()
        number = self.number() + 1
        self._memory[8 : 8 + len(told) + 1] = told + b"\0"
        self._memory[:8] = number.to_bytes(8, "little")

    def number(self) -> int:
        """How many were announced."""
        return int.from_bytes(self._memory[:8], "little")

    def run(self) -> Path:
        """The one that was announced last."""
        return Path(self._memory[8:].partition(b"\0")[0].decode())


class RunTakeover:
    """Opens runs over a store, and keeps the one that answers.

    Args:
        named: The run as the server was told of it: what that is now is what it is reloaded from.
        store: What came since.
        announced: Where other workers learn of a run that one of them took over.

    Raises:
        RunDirectoryError: The run is damaged or did not finish.
    """

    def __init__(self, named: Path, run: Run, store: Store, announced: Announced) -> None:
        self._named, self._store, self._announced = named, store, announced
        self._folder = named.absolute().parent.resolve()
        self._lock = threading.Lock()
        self._seen = announced.number()
        self._live = _warm(Live(run, store))

    @property
    def catalogue(self) -> Catalogue:
        """What ids are."""
        return self._store.catalogue

    def live(self) -> Live:
        """The recommender that answers now."""
        return self._live

    def reload(self, run: str | None) -> None:
        """Take over a run below the folder of the one that was named at the start, or what that one is now.

        Raises:
            Refused: There is none, it is damaged, or it does not fit; the old one stays.
        """
        path = (self._named if run is None else self._folder / run).resolve()
        if not path.is_relative_to(self._folder) and run is not None:
            raise Refused("expected a path below the folder of the run that the server was started with")
        with self._lock:
            self._take_over(path)
            self._announced.tell(path)
            self._seen = self._announced.number()

    def follow(self) -> None:
        """Take over what another worker did; what is refused is said in the log."""
        with self._lock:
            if (number := self._announced.number()) == self._seen:
                return
            self._seen = number
            try:
                self._take_over(self._announced.run())
            except Refused as error:
                logger.warning("the run is not taken over: %s", error)

    def _take_over(self, path: Path) -> None:
        try:
            run = load_run(path)
            self._require_fit(run)
            live = _warm(Live(run, self._store))
        except Refused:
            raise
        except GnnrecError as error:
            logger.warning("%s is not taken over: %s", path, error)
            raise Refused("expected a finished run that is whole; the server's log says what is wrong") from None
        except Exception:
            logger.exception("%s is not taken over", path)
            raise Refused("expected a finished run that is whole; the server's log says what is wrong") from None
        self._store.take_over(_catalogue(run))
        self._live = live
        logger.info("%s answers from now on", path)

    def _require_fit(self, run: Run) -> None:
        new, old = _catalogue(run), self.catalogue
        for column, theirs, ours in (("users", new.user_ids, old.user_ids), ("items", new.item_ids, old.item_ids)):
            if theirs != ours:
                raise Refused(f"expected a run whose ids of {column} are {ours}, got {theirs}")
        before = self._live.run.items["item"]
        known = before.isin(run.items["item"]).mean()
        if known < IN_COMMON:
            raise Refused(
                f"expected a run of the same catalogue: at least {IN_COMMON:.0%} of the items that are served now, "
                f"got {known:.0%}"
            )


def _catalogue(run: Run) -> Catalogue:
    return Catalogue.of(run.users["user"].tolist(), run.items["item"].tolist())


def open_store(url: str, run: Run) -> Store:
    """The store that belongs to a run, made where there is none.

    Raises:
        StoreError: It is another's, or cannot be used.
    """
    from gnnrec.serving.store import Store

    return Store.open(url, _catalogue(run))


def _warm(live: Live) -> Live:
    """A recommender that has answered once, so that the first who asks does not wait for what is computed once."""
    live.recommend([Ask(user=live.run.users["user"].tolist()[0], k=1, include_seen=True)])
    return live
