"""The fields that splits have in common."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from gnnrec import Fraction, Splitter

Share = Annotated[float, Field(ge=0, lt=1)]
"""A share of a whole that may be nothing."""


class DisjointTrain(Splitter):
    """A split that says what its training interactions are used for."""

    disjoint_train: Share = 0.0
    """Share of training interactions that are scored and not propagated over; with 0 each one is both."""


class Shares(DisjointTrain):
    """A split that holds out two shares of a whole."""

    val: Fraction = 0.1
    """Share held out to choose the epoch by."""

    test: Fraction = 0.1
    """Share held out to judge by, once."""

    @field_validator("val", "test", mode="before")
    @classmethod
    def _name_no_file(cls, share: Any) -> Any:
        if isinstance(share, str):
            raise ValueError(  # noqa: TRY004 - what pydantic turns into a fault
                f"expected a share of the interactions, such as 0.1, got {share!r}; a file of test interactions is "
                "named in the dataset (with table in test), and split: {name: predefined} takes it"
            )
        return share

    @field_validator("test", mode="before")
    @classmethod
    def _hold_something_out(cls, share: Any) -> Any:
        if share == 0 and not isinstance(share, bool):
            raise ValueError(
                "expected a share above 0, got 0: nothing would be left to judge by; to train on everything, run with "
                "a test, then `gnnrec refit RUN --on all`"
            )
        return share

    @model_validator(mode="after")
    def _leave_something_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val + test is {self.val + self.test:g}; expected less than 1")
        return self
