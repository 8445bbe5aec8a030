"""A split at moments that are the same for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import NonNegativeInt, PositiveInt, model_validator

from gnnrec.data.dates import Moment, seconds_of
from gnnrec_splits.shares import Shares

if TYPE_CHECKING:
    from gnnrec import Interactions, Split
    from gnnrec.data.edges import Mask
    from gnnrec.data.split import Phase


class Temporal(Shares):
    """The latest interactions are test, those before val: nothing that is learned from is later than what is asked.

    Of E interactions the last floor(test·E) are test and the floor(val·E) before them val; or, with `val_from` and
    `test_from`, what is at these moments or later. With `windows: n`, the data end in n test parts of equal size, one
    after the other, and `window: i` is about one of them: what is later than it is not there. The share
    `disjoint_train` is the latest of train. Ties in time go by hash.
    """

    uses: ClassVar[tuple[str, ...]] = ("time",)

    name: Literal["temporal"] = "temporal"

    val_from: Moment | None = None
    """When val begins, an ISO 8601 date or time, UTC where it names no zone; together with `test_from`, instead of
    shares."""

    test_from: Moment | None = None
    """When test begins, and val ends."""

    windows: PositiveInt = 1
    """How many test parts a rolling backtest has."""

    window: NonNegativeInt = 0
    """Which of them this is: 0 is the earliest, `windows` - 1 the latest."""

    @model_validator(mode="after")
    def _take_shares_or_dates(self) -> Self:
        if self.val_from is None and self.test_from is None:
            return self
        if self.val_from is None or self.test_from is None:
            raise ValueError("val_from and test_from go together; give both or neither")
        if seconds_of(self.val_from) >= seconds_of(self.test_from):
            raise ValueError(f"val_from is {self.val_from}; expected a time before test_from, {self.test_from}")
        fields = type(self).model_fields
        shares = [name for name in ("val", "test", "windows") if getattr(self, name) != fields[name].default]
        if shares:
            told = " and ".join(shares)
            raise ValueError(f"{told}: these are about shares, and val_from and test_from give dates; leave one out")
        return self

    @model_validator(mode="after")
    def _have_the_window(self) -> Self:
        if self.window >= self.windows:
            raise ValueError(f"window {self.window} does not exist: windows are 0 to {self.windows - 1}")
        share = self.val + self.windows * self.test
        if share >= 1:
            raise ValueError(f"val + windows · test is {share:g}; expected less than 1")
        return self

    def split(self, interactions: Interactions) -> Split:
        """Cut at two moments.

        Raises:
            DataError: The data have no times, all are the same, or a part would be empty.
        """
        import numpy as np

        from gnnrec.data.draws import count_of
        from gnnrec.data.parts import TEST, TRAIN, VAL
        from gnnrec_splits.parts import (
            ADVICE,
            as_text,
            divided,
            last_time,
            latest_first,
            message_and_supervision,
            times_of,
        )

        data, advice, time = interactions, ADVICE, times_of(self, interactions)
        if self.val_from is None or self.test_from is None:
            num_val, num_test = count_of(self.val, len(data)), count_of(self.test, len(data))
            data = self._up_to_the_window(data, num_test)
        else:
            advice = f"times go from {as_text(time.min())} to {as_text(time.max())}; put val_from and test_from between"
            num_test = int((time >= seconds_of(self.test_from)).sum())
            num_val = int((time >= seconds_of(self.val_from)).sum()) - num_test
        latest, time = latest_first(self, data), times_of(self, data)
        part = np.full(len(data), TRAIN, np.int8)
        part[latest[: num_test + num_val]] = VAL
        part[latest[:num_test]] = TEST
        message, supervision = message_and_supervision(self, data, part, latest)
        known: dict[Phase, Mask] = {"train": message, "validate": part == TRAIN, "test": part == VAL}
        moments: dict[Phase, int] = {phase: last_time(time, mask) for phase, mask in known.items()}
        return divided(self, data, part, (message, supervision), advice=advice, moments=moments)

    def _up_to_the_window(self, data: Interactions, num_test: int) -> Interactions:
        """The interactions that are not later than the window's test part."""
        import numpy as np

        from gnnrec_splits.parts import latest_first

        later = (self.windows - 1 - self.window) * num_test
        if not later:
            return data
        there = np.ones(len(data), bool)
        there[latest_first(self, data)[:later]] = False
        return data.keep(there, seen=False)
