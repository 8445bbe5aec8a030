"""What a request and an answer say, with a bound on every number, text and list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, GetPydanticSchema, StrictBool, model_validator

from gnnrec.serving.answers import Ask, HistoryItem
from gnnrec.serving.changes import LARGEST, LONGEST_ID

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

LARGEST_K = 1_000
LONGEST_LIST = 10_000
LARGEST_BATCH = 100
LARGEST_WRITE = 1_000
LONGEST_SEARCH = 200


def _told(expected: str) -> GetPydanticSchema:
    """One message for a value that may be of several types, instead of one for each."""

    def named(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: Any = handler(source)
        return {**schema, "custom_error_type": "several", "custom_error_message": f"Input should be {expected}"}

    return GetPydanticSchema(named)


AnyId = Annotated[
    Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
    | Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_ID)],
    _told(f"an id: a whole number, or text of 1 to {LONGEST_ID} characters"),
]
"""An original id: a number or text, whichever the data have."""

Whole = Annotated[int, Field(strict=True, ge=-LARGEST, le=LARGEST)]
K = Annotated[int, Field(strict=True, ge=1, le=LARGEST_K)]
Name = Annotated[str, Field(strict=True, min_length=1, max_length=100)]
Text = Annotated[str, Field(strict=True, max_length=10_000)]
Plain = Annotated[
    StrictBool | Whole | Annotated[FiniteFloat, Field(strict=True)] | Text,
    _told("text of at most 10000 characters, a finite number, true or false"),
]
Ids = Annotated[tuple[AnyId, ...], Field(max_length=LONGEST_LIST, fail_fast=True)]
Values = Annotated[tuple[Plain, ...], Field(min_length=1, max_length=100, fail_fast=True)]
Attributes = Annotated[
    dict[
        Name,
        Annotated[
            Plain | Annotated[tuple[Plain, ...], Field(max_length=1_000, fail_fast=True)] | None,
            _told("a plain value, at most 1000 of them, or null"),
        ],
    ],
    Field(max_length=100),
]


class Body(BaseModel):
    """What a request says: nothing unknown is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class HistoryBody(Body):
    """One item of a history."""

    item: AnyId
    time: Whole | None = Field(None, description="Seconds since 1970, UTC.")
    weight: FiniteFloat | None = Field(None, description="What the data's weights are, such as a rating.")


HistoryEntry = Annotated[AnyId | HistoryBody, _told("an id, or an object of item and where known time and weight")]


class AskBody(Body):
    """Somebody to recommend to: a known user, or the items of somebody's history."""

    user: AnyId | None = Field(None, description="A known user; or else `history`.")
    history: (
        Annotated[tuple[HistoryEntry, ...], Field(min_length=1, max_length=LONGEST_LIST, fail_fast=True)] | None
    ) = Field(None, description="Items of somebody who need not be known, with times where they are known.")
    k: K = Field(10, description="How many items at most.")
    exclude: Ids = Field((), description="Items that are not recommended.")
    candidates: Annotated[Ids, Field(min_length=1)] | None = Field(None, description="The only items that are.")
    where: Annotated[
        dict[Name, Annotated[Plain | Values, _told("a plain value, or 1 to 100 of them")]], Field(max_length=20)
    ] = Field(
        default_factory=dict, description="By item attribute, the value or values of which an item has to have one."
    )
    reasons: StrictBool = Field(False, description="Name the items of the history that carried each item.")
    include_seen: StrictBool = Field(False, description="Recommend what the user is known to have seen too.")

    @model_validator(mode="after")
    def _one_of_both(self) -> AskBody:
        if (self.user is None) == (self.history is None):
            raise ValueError("exactly one of user and history")
        return self

    def ask(self) -> Ask:
        """What a recommender is asked."""
        return Ask(
            self.user,
            None if self.history is None else tuple(map(_history_item, self.history)),
            self.k,
            self.exclude,
            self.candidates,
            {name: value if isinstance(value, tuple) else (value,) for name, value in self.where.items()},
            self.reasons,
            self.include_seen,
        )


def _history_item(given: int | str | HistoryBody) -> HistoryItem:
    return HistoryItem(given.item, given.time, given.weight) if isinstance(given, HistoryBody) else HistoryItem(given)


class BatchBody(Body):
    """Several asked at once."""

    asks: Annotated[tuple[AskBody, ...], Field(min_length=1, max_length=LARGEST_BATCH, fail_fast=True)]


class InteractionBody(Body):
    """A user has interacted with an item."""

    user: AnyId
    item: AnyId
    time: Whole | None = Field(None, description="Seconds since 1970, UTC; now if not given.")
    weight: FiniteFloat | None = Field(None, description="What the data's weights are, such as a rating.")
    id: Annotated[str, Field(strict=True, min_length=1, max_length=LONGEST_ID)] | None = Field(
        None, description="Names it, so that it is counted once however often it is sent, and can be deleted."
    )


class InteractionsBody(Body):
    """What has happened: all of it is kept, or nothing."""

    interactions: Annotated[tuple[InteractionBody, ...], Field(min_length=1, max_length=LARGEST_WRITE, fail_fast=True)]


class ItemBody(Body):
    """A new item, with what is known of it: its features, and by name of a relation the ids of what it leads to."""

    item: AnyId
    attributes: Attributes = Field(default_factory=dict)


class UserBody(Body):
    """A new user, with what is known of them."""

    user: AnyId
    attributes: Attributes = Field(default_factory=dict)


class AvailabilityBody(Body):
    """Whether an item is recommended."""

    available: StrictBool


class ReloadBody(Body):
    """The run that is taken over."""

    run: Annotated[str, Field(strict=True, min_length=1, max_length=1_000)] | None = Field(
        None, description="A path below the folder that the server was started with; what that is now if not given."
    )


class ReasonSaid(BaseModel):
    """An item of the user's own that carried a recommended one."""

    item: AnyId
    weight: float
    title: str | None = None


class ListedSaid(BaseModel):
    """An item in its place of a list."""

    rank: int = Field(ge=1, le=LARGEST_K)
    item: AnyId
    score: float | None = Field(description="The higher, the better.")
    title: str | None = None
    attributes: dict[str, Any] = {}
    reasons: list[ReasonSaid] | None = Field(None, description="The heaviest first, where they were asked for.")
    shared: dict[str, Any] | None = Field(None, description="Values that it has in common with its reasons.")


class RecommendationsSaid(BaseModel):
    """What is recommended, the best first."""

    items: list[ListedSaid]
    method: str = Field(description="How the user was seen: known, or how a new one was folded in.")
    reasons_by: str | None = Field(None, description="How reasons were found, where they were asked for.")
    upto: int = Field(ge=0, le=LARGEST, description="The last change that the answer knows of.")
    refreshed: int = Field(ge=0, le=LARGEST, description="The last change that item embeddings know of.")


class BatchSaid(BaseModel):
    """An answer for each that was asked, in order."""

    answers: list[RecommendationsSaid]


class ItemsSaid(BaseModel):
    """A list of items."""

    items: list[ListedSaid]


class KeptSaid(BaseModel):
    """What was told is kept, and survives whatever happens to the server."""

    upto: int = Field(ge=0, le=LARGEST, description="The number of the change; answers say up to which they know.")


class CountedSaid(KeptSaid):
    """Interactions are kept, and survive whatever happens to the server."""

    counted: int = Field(ge=0, le=LARGEST_WRITE, description="How many are new.")
    repeated: int = Field(ge=0, le=LARGEST_WRITE, description="How many were there already, by their id.")


class StateSaid(BaseModel):
    """How the server is."""

    status: str


class ModelSaid(BaseModel):
    """The model that answers: its recipe, metrics, data and age."""

    model_config = ConfigDict(extra="allow")
