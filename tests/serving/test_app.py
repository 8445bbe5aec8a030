from __future__ import annotations

import asyncio
import json
import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from served_fakes import FakeLive, FakeTakeover, numbers, texts
from starlette.testclient import TestClient

from gnnrec.errors import RunDirectoryError, UsageError
from gnnrec.serving.answers import Ask, HistoryItem
from gnnrec.serving.app import build_app
from gnnrec.serving.errors import StoreError
from gnnrec.serving.limits import Limits
from gnnrec.serving.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Iterator

ASK = "/v1/recommendations"
MANY = "a list of 10001"
TOKEN = "a token of twenty-five"  # noqa: S105 - a test's own
JSON = {"content-type": "application/json"}


def client_of(served: FakeTakeover, **settings: Any) -> TestClient:
    return TestClient(build_app(served, served.live().store, Measures(), **settings))


@pytest.fixture
def served() -> FakeTakeover:
    return numbers()


@pytest.fixture
def client(served: FakeTakeover) -> Iterator[TestClient]:
    with client_of(served) as opened:
        yield opened


def test_a_known_user_is_recommended_items(client: TestClient, served: FakeTakeover) -> None:
    answer = client.post(ASK, json={"user": 1, "k": 1, "reasons": True})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {
        "items": [
            {
                "rank": 1,
                "item": 1,
                "score": 1.0,
                "title": "Title 1",
                "attributes": {"genres": ["Drama"]},
                "reasons": [{"item": 1, "weight": 0.5, "title": "First"}],
            }
        ],
        "method": "known user",
        "upto": 0,
        "refreshed": 0,
    }
    assert served.live().asked == [Ask(user=1, k=1, reasons=True)]


def test_all_that_can_be_asked_reaches_the_recommender(client: TestClient, served: FakeTakeover) -> None:
    body = {
        "history": [1, {"item": 1270, "time": 978300000, "weight": 4.5}],
        "k": 2,
        "exclude": [3],
        "candidates": [3, 4, 5],
        "where": {"genres": ["Drama", "Comedy"], "year": 1999},
        "include_seen": True,
    }
    answer = client.post(ASK, json=body).json()
    assert ([each["item"] for each in answer["items"]], answer["method"]) == ([4, 5], "folded in")
    (asked,) = served.live().asked
    assert asked.history == (HistoryItem(1), HistoryItem(1270, 978300000, 4.5))
    assert (asked.exclude, asked.candidates, asked.include_seen) == ((3,), (3, 4, 5), True)
    assert asked.where == {"genres": ("Drama", "Comedy"), "year": (1999,)}


def test_a_batch_is_answered_in_order(client: TestClient) -> None:
    asks = [{"user": 2, "k": 1}, {"history": [5], "k": 2}]
    answers = client.post(f"{ASK}:batch", json={"asks": asks}).json()["answers"]
    assert [(each["method"], len(each["items"])) for each in answers] == [("known user", 1), ("folded in", 2)]


def test_what_is_told_counts_in_the_next_answer(client: TestClient, served: FakeTakeover) -> None:
    told = [{"user": 77, "item": 318, "id": "e1", "time": 5}, {"user": 77, "item": 1, "weight": 2}]
    assert client.post(ASK, json={"user": 77}).status_code == 404
    kept = client.post("/v1/interactions", json={"interactions": told})
    assert (kept.status_code, kept.json()) == (200, {"upto": 2, "counted": 2, "repeated": 0})
    assert client.post(ASK, json={"user": 77, "k": 1}).json()["upto"] == 2
    again = client.post("/v1/interactions", json={"interactions": told[:1]})
    assert again.json() == {"upto": 2, "counted": 0, "repeated": 1}
    (_, first), (_, second) = served.live().store.told
    assert (first.time, first.weight, first.id) == (5, None, "e1")
    assert second.time > 1_700_000_000
    assert second.weight == 2
    assert "gnnrec_events_total 2\n" in client.get("/metrics").text


def test_of_a_batch_with_an_unknown_item_nothing_is_kept(client: TestClient, served: FakeTakeover) -> None:
    told = [{"user": 1, "item": 1}, {"user": 1, "item": 9_999}]
    answer = client.post("/v1/interactions", json={"interactions": told})
    assert (answer.status_code, answer.json()["nearest"]) == (404, [9, 90])
    assert served.live().store.told == []


def test_items_and_users_come_go_and_are_withdrawn(client: TestClient, served: FakeTakeover) -> None:
    new = {"item": 5_000, "attributes": {"title": "New", "genres": ["Drama"], "year": 2026, "had_by": None}}
    assert (client.post("/v1/items", json=new).status_code, client.post("/v1/items", json=new).status_code) == (
        201,
        422,
    )
    assert client.put("/v1/items/5000/availability", json={"available": False}).json() == {"upto": 2}
    assert client.delete("/v1/items/5000").json() == {"upto": 3}
    assert client.post("/v1/users", json={"user": 50}).json() == {"upto": 4}
    assert client.delete("/v1/users/50").json() == {"upto": 5}
    assert client.delete("/v1/users/50").status_code == 404
    assert served.live().store.told == [
        ("item", (5_000, new["attributes"])),
        ("availability", (5_000, False)),
        ("delete_item", 5_000),
        ("user", (50, {})),
        ("delete_user", 50),
    ]


def test_an_interaction_is_deleted_by_its_id(client: TestClient) -> None:
    client.post("/v1/interactions", json={"interactions": [{"user": 1, "item": 1, "id": "a/1"}]})
    assert client.delete("/v1/interactions/a%2F1").json() == {"upto": 2}
    answer = client.delete("/v1/interactions/a%2F1")
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "expected the id of an interaction that is known, got 'a/1'",
    )


def test_similar_items_and_items_by_a_text(client: TestClient) -> None:
    assert [each["item"] for each in client.get("/v1/items/7/similar?k=2").json()["items"]] == [1, 2]
    assert [each["item"] for each in client.get("/v1/items?search=126&k=2").json()["items"]] == [126, 1126]


@pytest.mark.parametrize(
    ("path", "status"), [("a%2Fb", 200), ("a%2Fsimilar", 200), ("%C3%BC%20x", 200), ("1", 200), ("2", 404)]
)
def test_ids_that_are_text_stay_text_in_paths(path: str, status: int) -> None:
    assert client_of(texts()).get(f"/v1/items/{path}/similar").status_code == status


def test_text_is_no_number_and_numbers_are_no_text(client: TestClient) -> None:
    assert client.post(ASK, json={"user": "1"}).json()["detail"] == (
        "body.user: expected a whole number, as the ids of users are, got '1'"
    )
    assert client.post(ASK, json={"history": [1, "2"]}).json()["errors"][0]["where"] == "body.history.1"
    assert client.get("/v1/items/01/similar").json()["detail"] == (
        "path.id: expected a whole number, as the ids of items are, got '01'"
    )
    by_text = client_of(texts())
    assert by_text.post(ASK, json={"user": "bob/1", "candidates": ["1"]}).json()["items"][0]["item"] == "1"
    assert by_text.post(ASK, json={"user": "ann", "exclude": ["1", 2]}).json()["detail"] == (
        "body.exclude.1: expected text, as the ids of items are, got 2"
    )


@pytest.mark.parametrize(
    ("body", "where", "expected", "got"),
    [
        ({"user": 1, "k": 0}, "body.k", "greater than or equal to 1", "0"),
        ({"user": 1, "k": 10**9}, "body.k", "less than or equal to 1000", "1000000000"),
        ({"user": 1, "k": "3"}, "body.k", "a valid integer", "'3'"),
        ({"user": True}, "body.user", "an id: a whole number, or text of 1 to 400 characters", "true"),
        ({"user": 2**63}, "body.user", "an id: a whole number, or text of 1 to 400 characters", str(2**63)),
        ({"user": 1, "usr": 2}, "body.usr", "no such key", "one"),
        ({}, "body", "exactly one of user and history", "an object of 0"),
        ({"user": 1, "history": [1]}, "body", "exactly one of user and history", "an object of 2"),
        ({"history": []}, "body.history", "at least 1 item after validation, not 0", "a list of 0"),
        ({"history": [1] * 10_001}, "body.history", "at most 10000 items after validation, not 10001", MANY),
        (
            {"history": [1, {"item": 1, "time": 1.5}]},
            "body.history.1",
            "an id, or an object of item and where known time and weight",
            "an object of 2",
        ),
        ({"user": 1, "where": {"year": {}}}, "body.where.year", "a plain value, or 1 to 100 of them", "an object of 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    client: TestClient, body: Any, where: str, expected: str, got: str
) -> None:
    answer = client.post(ASK, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [{"where": where, "expected": expected, "got": got}]
    assert answer.json()["detail"] == f"{where}: expected {expected}, got {got}"


def test_batches_of_asks_and_of_interactions_are_bounded(client: TestClient) -> None:
    for path, key, one, most in (
        (f"{ASK}:batch", "asks", {"user": 1}, 100),
        ("/v1/interactions", "interactions", {"user": 1, "item": 1}, 1_000),
    ):
        assert client.post(path, json={key: [one] * most}).status_code == 200
        assert client.post(path, json={key: [one] * (most + 1)}).json()["errors"][0]["got"] == f"a list of {most + 1}"


@pytest.mark.parametrize(
    "query", ["search=", "search=a&k=0", "search=a&k=1001", "search=a&k=x", "", "search=" + "a" * 201]
)
def test_queries_are_bounded(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/items?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["where"].startswith("query.")) == (422, True)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "expected JSON in UTF-8: EOF while parsing a value at line 1 column 0"),
        (b'{"user": "\xff"}', "expected JSON in UTF-8: invalid unicode code point at line 1 column 11"),
        (b'{"user": 1', "expected JSON in UTF-8: EOF while parsing an object at line 1 column 10"),
        (b"[" * 100_000, "expected JSON in UTF-8: recursion limit exceeded at line 1 column 202"),
    ],
)
def test_what_is_no_json_is_refused(client: TestClient, body: bytes, detail: str) -> None:
    answer = client.post(ASK, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)


def test_another_content_type_is_refused_which_a_page_of_a_stranger_could_send(client: TestClient) -> None:
    answer = client.post(ASK, content=b'{"user": 1}', headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["detail"]) == (
        415,
        "expected content-type: application/json, got text/plain",
    )


def test_a_body_of_100_megabytes_is_not_read() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 100_000
            yield b"x" * 100_000

    declared = client_of(numbers()).post(ASK, content=b"", headers={**JSON, "content-length": "100000000"})
    assert declared.status_code == 413
    served = numbers()
    answers, received = asyncio.run(told_in_pieces(build_app(served, served.live().store, Measures()), endless()))
    assert (answers[0]["status"], received) == (413, 11)
    assert json.loads(answers[1]["body"])["detail"] == "expected a request of at most 1000000 bytes, got more"
    assert (b"connection", b"close") in answers[0]["headers"]
    assert sent == 1_100_000


async def told_in_pieces(app: Any, pieces: Iterator[bytes]) -> tuple[list[Any], int]:
    """What an application answers to a body without a length, and how many pieces it took."""
    received, answers = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal received
        received += 1
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    async def send(message: Any) -> None:
        answers.append(message)

    headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "method": "POST", "path": ASK, "raw_path": b"", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    return answers, received


def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def never() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    async def send(message: Any) -> None:
        answers.append(message)

    answers: list[Any] = []
    served = numbers()
    app = build_app(served, served.live().store, Measures(), limits=Limits(seconds=0.05))
    headers = [(b"content-length", b"5")]
    scope = {"type": "http", "method": "POST", "path": ASK, "raw_path": b"", "query_string": b"", "headers": headers}
    asyncio.run(app(scope, never, send))
    assert answers[0]["status"] == 408


def test_a_flood_is_told_to_come_again_and_the_server_says_that_it_is_well() -> None:
    served, gate, begun = numbers(), threading.Event(), threading.Event()
    answers = served.live().recommend

    def wait(asks: Any) -> Any:
        begun.set()
        gate.wait(30)
        return answers(asks)

    served.live().recommend = wait  # type: ignore[method-assign]
    with client_of(served, limits=Limits(in_flight=1)) as client:
        waiting = threading.Thread(target=client.post, args=(ASK,), kwargs={"json": {"user": 1}})
        waiting.start()
        assert begun.wait(30)
        answer = client.get("/v1/model")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["detail"] == "expected at most 1 requests at once"
        assert client.get("/healthz").json() == {"status": "ok"}
        gate.set()
        waiting.join()
        assert client.get("/v1/model").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": TOKEN},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": b"Bearer \xff"},
    ],
)
def test_without_the_token_nothing_is_said(headers: Any) -> None:
    client = client_of(numbers(), token=TOKEN)
    for method, path in (
        ("GET", "/v1/model"),
        ("POST", ASK),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
        ("GET", "/metrics"),
    ):
        answer = client.request(method, path, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json() == {
            "title": "A token is needed",
            "status": 401,
            "detail": "expected the header Authorization: Bearer TOKEN",
        }
    assert client.get("/healthz", headers=headers).status_code == 200


def test_with_the_token_all_is_answered() -> None:
    client = client_of(numbers(), token=TOKEN)
    assert client.get("/v1/model", headers={"authorization": f"bearer {TOKEN}"}).json() == {"recipe": "first"}


def test_another_run_is_taken_over_and_one_that_does_not_fit_is_refused(client: TestClient) -> None:
    assert client.post("/v1/model:reload", json={"run": "second"}).json() == {"recipe": "second"}
    answer = client.post("/v1/model:reload", json={"run": "third"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "expected a run whose ids are whole numbers")
    assert client.get("/v1/model").json() == {"recipe": "second"}
    assert client.post("/v1/model:reload").json() == {"recipe": "first"}


def test_a_store_that_is_locked_is_tried_again_and_nothing_is_said_of_its_place(
    client: TestClient, served: FakeTakeover
) -> None:
    told = {"interactions": [{"user": 1, "item": 1}]}
    for retry, after, detail in (
        (True, "1", "the store is busy"),
        (False, "30", "the store cannot do it; the server's log says why"),
    ):
        served.live().store.fault = StoreError("store /secret/live.sqlite is locked", retry=retry)
        for answer in (
            client.post("/v1/interactions", json=told),
            client.post(ASK, json={"user": 1}),
            client.get("/readyz"),
        ):
            assert (answer.status_code, answer.headers["retry-after"], answer.json()["detail"]) == (503, after, detail)
    served.live().store.fault = None
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("fault", "status", "detail"),
    [
        (UsageError("every item is excluded"), 422, "every item is excluded"),
        (RunDirectoryError("/secret/run is damaged"), 500, "the server's log says why"),
        (ZeroDivisionError("/secret/run"), 500, "the server's log says why"),
    ],
)
def test_nothing_of_the_server_is_in_an_answer(
    client: TestClient,
    served: FakeTakeover,
    fault: Exception,
    status: int,
    detail: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging.getLogger("gnnrec").addHandler(caplog.handler)
    served.live().fault = fault
    answer = client.post(ASK, json={"user": 1})
    logging.getLogger("gnnrec").removeHandler(caplog.handler)
    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert "secret" not in answer.text
    assert status == 422 or str(fault) in caplog.text


def test_one_request_is_not_failed_by_another_that_is_answered_with_it(served: FakeTakeover) -> None:
    gate = threading.Event()
    answered: dict[int, int] = {}
    live, answer = served.live(), FakeLive.recommend

    def slow(asks: Any) -> Any:
        gate.wait(30)
        return answer(live, asks)

    live.recommend = slow  # type: ignore[method-assign]
    with client_of(served) as client:

        def ask(user: int) -> None:
            answered[user] = client.post(ASK, json={"user": user}).status_code

        threads = [threading.Thread(target=ask, args=(user,)) for user in (1, 2, 99, 3)]
        for each in threads:
            each.start()
        gate.set()
        for each in threads:
            each.join()
    assert answered == {1: 200, 2: 200, 99: 404, 3: 200}


def test_other_paths_and_methods_are_problems_too(client: TestClient) -> None:
    assert client.get("/nowhere").json()["detail"] == "expected a path of the API; /openapi.json has them"
    answer = client.get(ASK)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["detail"] == "expected another method, got GET"


def test_requests_are_counted_by_route_and_status(client: TestClient) -> None:
    for body in ({"user": 1}, {"user": 2}, {"user": 99}):
        client.post(ASK, json=body)
    client.get("/nowhere")
    told = client.get("/metrics").text
    labels = 'operation="recommend",route="/v1/recommendations"'
    assert f'gnnrec_requests_total{{{labels},status="200"}} 2\n' in told
    assert f'gnnrec_requests_total{{{labels},status="404"}} 1\n' in told
    assert 'gnnrec_requests_total{operation="none",route="none",status="404"} 1\n' in told
    assert f'gnnrec_request_seconds_bucket{{{labels},le="+Inf"}} 3\n' in told
    assert f"gnnrec_request_seconds_count{{{labels}}} 3\n" in told


def bounded(schema: Any) -> Iterator[str]:
    """Where a schema has a number, text or list without bounds."""
    match schema:
        case {"type": "integer"} if not {"minimum", "maximum"} <= schema.keys():
            yield f"integer: {schema}"
        case {"type": "string"} if "maxLength" not in schema:
            yield f"text: {schema}"
        case {"type": "array"} if "maxItems" not in schema:
            yield f"list: {schema}"
        case {"type": "object"} if "properties" not in schema and "maxProperties" not in schema:
            yield f"object: {schema}"
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from bounded(each)


def test_the_openapi_says_a_bound_of_all_that_may_be_sent(client: TestClient) -> None:
    said = client.get("/openapi.json").json()
    sent = [schema for name, schema in said["components"]["schemas"].items() if name.endswith("Body")]
    sent += [
        each["schema"] for path in said["paths"].values() for way in path.values() for each in way.get("parameters", ())
    ]
    assert len(sent) > 15
    assert [fault for schema in sent for fault in bounded(schema)] == []


def test_the_openapi_says_what_is_sent_answered_and_wrong(client: TestClient) -> None:
    said = client.get("/openapi.json").json()
    asked = said["paths"][ASK]["post"]
    assert asked["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/AskBody"}
    assert asked["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/RecommendationsSaid"
    }
    assert {*asked["responses"]} == {"200", "400", "401", "404", "408", "413", "415", "422", "500", "503"}
    assert [*asked["responses"]["404"]["content"]] == ["application/problem+json"]
    assert {*said["paths"]} == {
        "/v1/recommendations", "/v1/recommendations:batch", "/v1/items/{id}/similar", "/v1/items", "/v1/interactions",
        "/v1/users", "/v1/interactions/{id}", "/v1/users/{id}", "/v1/items/{id}", "/v1/items/{id}/availability",
        "/v1/model", "/v1/model:reload", "/healthz", "/readyz", "/metrics",
    }  # fmt: skip
