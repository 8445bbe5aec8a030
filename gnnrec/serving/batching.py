"""Requests that come while others are being answered, answered together in one thread."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import TYPE_CHECKING

from gnnrec.serving.writing import answer_said, written

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gnnrec.serving.answers import Answer, Ask

TOGETHER = 64
"""How many are asked at once, unless one request asks more."""

Waiting = tuple["Sequence[Ask]", "asyncio.Future[list[bytes]]"]


class Batching:
    """Asks a recommender from one thread, so that a switch of threads is paid for once for all who wait.

    Args:
        recommend: Answers several at once, or raises.
    """

    def __init__(self, recommend: Callable[[Sequence[Ask]], Sequence[Answer]]) -> None:
        self._recommend = recommend
        self._thread = ThreadPoolExecutor(1, "recommend")
        self._waiting: list[Waiting] = []
        self._busy = False

    async def answers(self, asks: Sequence[Ask]) -> list[bytes]:
        """An answer for each as JSON, or what the recommender raises."""
        future: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.append((asks, future))
        if not self._busy:
            self._begin()
        return await future

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    def _begin(self) -> None:
        taken, number = 0, 0
        for asks, _ in self._waiting:
            if taken and number + len(asks) > TOGETHER:
                break
            taken, number = taken + 1, number + len(asks)
        batch, self._waiting = self._waiting[:taken], self._waiting[taken:]
        loop = asyncio.get_running_loop()
        self._busy = True
        done = loop.run_in_executor(self._thread, self._answer, [asks for asks, _ in batch])
        done.add_done_callback(lambda answered: self._give(batch, answered.result()))

    def _give(self, batch: Sequence[Waiting], answered: Sequence[list[bytes] | Exception]) -> None:
        self._busy = False
        if self._waiting:
            self._begin()
        for (_, future), answer in zip(batch, answered, strict=True):
            if future.done():  # whoever asked is gone
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    def _answer(self, batch: Sequence[Sequence[Ask]]) -> list[list[bytes] | Exception]:
        try:
            answers = [written(answer_said(each)) for each in self._recommend([ask for asks in batch for ask in asks])]
            ends = [*accumulate(map(len, batch))]
            return [answers[end - len(asks) : end] for asks, end in zip(batch, ends, strict=True)]
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            if len(batch) == 1:
                return [error]
            return [self._answer([asks])[0] for asks in batch]  # one request's fault is not the others'
