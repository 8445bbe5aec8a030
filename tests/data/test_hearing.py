from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from gnnrec.data.hearing import heard_too

if TYPE_CHECKING:
    import pytest

logger = logging.getLogger("gnnrec")


def test_each_thread_hears_what_it_says_itself_and_the_log_is_left_as_it_was(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "gnnrec")
    before, barrier, heard = (logger.level, list(logger.filters)), threading.Barrier(2), {}

    def listen(name: str) -> None:
        with heard_too() as records:
            barrier.wait(10)
            logger.info("information of %s", name)
            logger.warning("warning of %s", name)
            barrier.wait(10)
        heard[name] = [record.getMessage() for record in records]

    threads = [threading.Thread(target=listen, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert heard == {name: [f"information of {name}", f"warning of {name}"] for name in ("one", "other")}
    assert sorted(caplog.messages) == ["warning of one", "warning of other"]
    assert (logger.level, list(logger.filters)) == before


def test_one_within_another_hears_its_part() -> None:
    with heard_too() as outer:
        logger.info("before")
        with heard_too() as inner:
            logger.info("within")
    assert [record.getMessage() for record in outer] == ["before", "within"]
    assert [record.getMessage() for record in inner] == ["within"]
