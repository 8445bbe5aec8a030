"""The HTTP API: what each route asks of the recommender, or tells the store."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import FastAPI, Path, Query
from starlette.requests import Request  # noqa: TC002 - FastAPI reads annotations at run time
from starlette.responses import PlainTextResponse, Response

from gnnrec.serving import bodies
from gnnrec.serving.answers import Unknown
from gnnrec.serving.batching import Batching
from gnnrec.serving.changes import Interaction
from gnnrec.serving.exchange import ERRORS, ended, json_answer, read
from gnnrec.serving.ids import from_path, require_type, require_types
from gnnrec.serving.limits import Gate, Limits
from gnnrec.serving.openapi import openapi, route
from gnnrec.serving.writing import listed_said, written
from gnnrec.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from gnnrec.serving.answers import Answer, Ask, Listed
    from gnnrec.serving.backend import Recommender, Storing, Takeover
    from gnnrec.serving.measures import Measures

Given = TypeVar("Given")

PathId = Annotated[str, Path(max_length=bodies.LONGEST_ID, description="An original id, percent-encoded.")]
QueryK = Annotated[int, Query(ge=1, le=bodies.LARGEST_K, description="How many items at most.")]
Searched = Annotated[str, Query(min_length=1, max_length=bodies.LONGEST_SEARCH, description="A part of a title.")]


def build_app(
    takeover: Takeover, store: Storing, measures: Measures, *, token: str | None = None, limits: Limits | None = None
) -> Gate:
    """The API, as a server of ASGI takes it.

    Args:
        takeover: Has the recommender that answers.
        store: What it follows.
        measures: Where requests are counted.
        token: What requests have to bear; None for nothing.
        limits: What it takes on.
    """
    return Gate(_Api(takeover, store, measures).app, measures, limits or Limits(), token)


class _Api:
    def __init__(self, takeover: Takeover, store: Storing, measures: Measures) -> None:
        self._takeover = takeover
        self._store = store
        self._measures = measures
        self._batching = Batching(self._recommend)
        self._threads = ThreadPoolExecutor(4, "serve")
        self.app = FastAPI(
            title="gnnrec",
            version=__version__,
            description="Recommendations from a graph that grows while it answers.",
            docs_url=None,
            redoc_url=None,
            lifespan=self._lifespan,
        )
        self._add_routes()
        for error, answer in ERRORS.items():
            self.app.add_exception_handler(error, answer)
        self.app.openapi = lambda: openapi(self.app)  # type: ignore[method-assign]

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        yield
        self._batching.close()
        self._threads.shutdown()

    def _add_routes(self) -> None:
        kept, items = bodies.KeptSaid, bodies.ItemsSaid
        for method, path, endpoint, about in (
            (
                "POST",
                "/v1/recommendations",
                self.recommend,
                route(bodies.RecommendationsSaid, bodies.AskBody, errors=(404,)),
            ),
            (
                "POST",
                "/v1/recommendations:batch",
                self.recommend_batch,
                route(bodies.BatchSaid, bodies.BatchBody, errors=(404,)),
            ),
            ("GET", "/v1/items/{id:path}/similar", self.similar, route(items, errors=(404, 422))),
            ("GET", "/v1/items", self.search, route(items, errors=(422,))),
            (
                "POST",
                "/v1/interactions",
                self.add_interactions,
                route(bodies.CountedSaid, bodies.InteractionsBody, errors=(404,)),
            ),
            ("POST", "/v1/items", self.add_item, route(kept, bodies.ItemBody, status=201, errors=())),
            ("POST", "/v1/users", self.add_user, route(kept, bodies.UserBody, status=201, errors=())),
            ("DELETE", "/v1/interactions/{id:path}", self.delete_interaction, route(kept, errors=(404, 422))),
            ("DELETE", "/v1/users/{id:path}", self.delete_user, route(kept, errors=(404, 422))),
            ("DELETE", "/v1/items/{id:path}", self.delete_item, route(kept, errors=(404, 422))),
            (
                "PUT",
                "/v1/items/{id:path}/availability",
                self.set_availability,
                route(kept, bodies.AvailabilityBody, errors=(404,)),
            ),
            ("GET", "/v1/model", self.model, route(bodies.ModelSaid, errors=())),
            ("POST", "/v1/model:reload", self.reload, route(bodies.ModelSaid, bodies.ReloadBody, errors=(409,))),
            ("GET", "/healthz", self.healthz, route(bodies.StateSaid, errors=())),
            ("GET", "/readyz", self.readyz, route(bodies.StateSaid, errors=())),
        ):
            self.app.add_api_route(
                path, endpoint, methods=[method], response_model=None, response_class=Response, **about
            )
        self.app.add_api_route("/metrics", self.metrics, response_class=PlainTextResponse)

    async def recommend(self, request: Request) -> Response:
        """Items for a known user, or for whoever has a history."""
        asked = (await read(request, bodies.AskBody)).ask()
        require_types(asked, self._takeover.catalogue, "body")
        (answer,) = await ended(self._batching.answers((asked,)))
        return json_answer(answer)

    async def recommend_batch(self, request: Request) -> Response:
        """Items for several at once."""
        asks = [each.ask() for each in (await read(request, bodies.BatchBody)).asks]
        for place, asked in enumerate(asks):
            require_types(asked, self._takeover.catalogue, f"body.asks.{place}")
        return json_answer(b'{"answers":[' + b",".join(await ended(self._batching.answers(asks))) + b"]}")

    async def similar(self, id: PathId, k: QueryK = 10) -> Response:  # noqa: A002 - what it is
        """The items most similar to one."""
        item = from_path(id, "item", self._takeover.catalogue.item_ids)
        return json_answer(await self._asked(lambda: _list(self._caught_up().similar(item, k))))

    async def search(self, search: Searched, k: QueryK = 10) -> Response:
        """The items whose titles are most like a text."""
        return json_answer(await self._asked(lambda: _list(self._caught_up().search(search, k))))

    async def add_interactions(self, request: Request) -> Response:
        """Keep what has happened: all of it, or nothing. Unknown users are new ones, unknown items are refused."""
        told = (await read(request, bodies.InteractionsBody)).interactions
        catalogue, now = self._takeover.catalogue, int(time.time())
        for place, each in enumerate(told):
            require_type(each.user, "user", catalogue.user_ids, f"body.interactions.{place}.user")
            require_type(each.item, "item", catalogue.item_ids, f"body.interactions.{place}.item")
        some = [
            Interaction(each.user, each.item, now if each.time is None else each.time, each.weight, each.id)
            for each in told
        ]

        def keep() -> tuple[int, int]:
            live = self._caught_up()
            for item in {each.item for each in some}:
                live.require_item(item)
            numbers = self._store.add_interactions(some)
            return len(numbers), numbers[-1] if numbers else self._store.last()

        counted, upto = await self._asked(keep)
        self._measures.count_events(counted)
        return json_answer(written({"upto": upto, "counted": counted, "repeated": len(some) - counted}))

    async def add_item(self, request: Request) -> Response:
        """Add an item: its features, and by the name of a relation what it is related to."""
        told = await read(request, bodies.ItemBody)
        item = require_type(told.item, "item", self._takeover.catalogue.item_ids, "body.item")
        attributes = told.model_dump(mode="json")["attributes"]

        def add() -> int:
            self._caught_up().require_new_item(item, attributes)
            return self._store.add_item(item, attributes)

        return await self._kept(add, status=201)

    async def add_user(self, request: Request) -> Response:
        """Add a user, with what is known of them."""
        told = await read(request, bodies.UserBody)
        user = require_type(told.user, "user", self._takeover.catalogue.user_ids, "body.user")
        attributes = told.model_dump(mode="json")["attributes"]
        return await self._kept(lambda: self._store.add_user(user, attributes), status=201)

    async def delete_interaction(self, id: PathId) -> Response:  # noqa: A002 - what it is
        """Forget an interaction, given by its id."""

        def delete() -> int:
            number = self._store.delete_interaction(id)
            if not number:
                raise Unknown("interaction", id)
            return number

        return await self._kept(delete)

    async def delete_user(self, id: PathId) -> Response:  # noqa: A002 - what it is
        """Forget a user, and what they have interacted with since the run."""
        user = from_path(id, "user", self._takeover.catalogue.user_ids)

        def delete() -> int:
            self._caught_up().require_user(user)
            return self._store.delete_user(user)

        return await self._kept(delete)

    async def delete_item(self, id: PathId) -> Response:  # noqa: A002 - what it is
        """Forget an item, and who has interacted with it since the run."""
        item = from_path(id, "item", self._takeover.catalogue.item_ids)

        def delete() -> int:
            self._caught_up().require_item(item)
            return self._store.delete_item(item)

        return await self._kept(delete)

    async def set_availability(self, request: Request, id: PathId) -> Response:  # noqa: A002 - what it is
        """Say whether an item is recommended."""
        item = from_path(id, "item", self._takeover.catalogue.item_ids)
        available = (await read(request, bodies.AvailabilityBody)).available

        def put() -> int:
            self._caught_up().require_item(item)
            return self._store.set_availability(item, available)

        return await self._kept(put)

    async def model(self) -> Response:
        """The model that answers: its recipe, metrics, data and age."""
        return json_answer(await self._asked(lambda: written(self._takeover.live().model())))

    async def reload(self, request: Request) -> Response:
        """Let another run answer from now on; one that does not fit is refused, and the old one stays."""
        run = (await read(request, bodies.ReloadBody, b"{}")).run

        def reload() -> bytes:
            self._takeover.reload(run)
            return written(self._takeover.live().model())

        return json_answer(await self._asked(reload))

    async def healthz(self) -> Response:
        """Whether the server runs."""
        return json_answer(b'{"status":"ok"}')

    async def readyz(self) -> Response:
        """Whether the server can answer: it has a model, and its store answers."""
        await self._asked(self._store.last)
        return json_answer(b'{"status":"ready"}')

    async def metrics(self) -> PlainTextResponse:
        """What was counted, in Prometheus' text format."""
        last, refreshed = await self._asked(lambda: (self._store.last(), self._store.refreshed()))
        return PlainTextResponse(self._measures.text(last, refreshed), media_type="text/plain; version=0.0.4")

    def _recommend(self, asks: Sequence[Ask]) -> Sequence[Answer]:
        return self._caught_up().recommend(asks)

    def _caught_up(self) -> Recommender:
        live = self._takeover.live()
        live.catch_up()
        return live

    async def _kept(self, tell: Callable[[], int], status: int = 200) -> Response:
        return json_answer(written({"upto": await self._asked(tell)}), status)

    async def _asked(self, ask: Callable[[], Given]) -> Given:
        """What a function that may wait gives, from a thread."""
        return await ended(asyncio.get_running_loop().run_in_executor(self._threads, ask))


def _list(items: Sequence[Listed]) -> bytes:
    return written({"items": [listed_said(each) for each in items]})
