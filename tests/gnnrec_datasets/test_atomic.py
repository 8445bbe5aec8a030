from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from own_tables import pairs, put, values

from gnnrec import Availability, DataError, Interactions
from gnnrec.data.parts import OF_DATA
from gnnrec_datasets.atomic import Atomic
from gnnrec_datasets.table import Table

pytest_plugins = ["working_folder"]
pytestmark = pytest.mark.usefixtures("working_folder")

INTER = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
ROWS = "7\t30\t4.5\t100\n-2\t10\t3\t200.75\n7\t10\t1\t300\n"
USER = "user_id:token\tage:float\tjob:token\n7\t24\t007\n-2\t\t\n99\t50\twriter\n"
ITEM = (
    "item_id:token\tmovie_title:token_seq\tclass:token_seq\tvector:float_seq\n"
    "10\tAm\u00e9lie, The\tComedy Romance\t0.5 -1\n30\tHeat\t\t\n40\tUnseen\tDrama\t1 2\n"
)
LINK = "item_id:token\tentity_id:token\n10\tm.a\n30\tm.h\n40\tm.u\n"
KG = (
    "head_id:token\trelation_id:token\ttail_id:token\n"
    "m.a\tfilm.genre\tm.comedy\nm.h\tfilm.genre\tm.crime\nm.a\tfilm.genre\tm.comedy\n"
    "m.comedy\tgenre.films\tm.a\nm.u\tfilm.genre\tm.drama\nm.h\tfilm.sequel\tm.a\n"
)


def folder(**files: str | bytes) -> str:
    """A folder `toy` with files by their endings, dots as underscores."""
    Path("toy").mkdir(exist_ok=True)
    for ending, content in files.items():
        put(content, f"toy/toy.{ending.replace('_', '.')}")
    return "toy"


def load(**files: str | bytes) -> Interactions:
    return Atomic(path=folder(**files)).load()


def refusal(fields: dict[str, Any] | None = None, **files: str | bytes) -> str:
    with pytest.raises(DataError) as error:
        Atomic(path=folder(**{"inter": INTER + ROWS, **files}), **fields or {}).load()
    return str(error.value)


def test_interactions_weigh_their_ratings_and_have_times_in_whole_seconds() -> None:
    data = load(inter=INTER + ROWS)
    assert pairs(data) == [(-2, 10), (7, 10), (7, 30)]
    assert (values(data.edges.weight), values(data.edges.time)) == ([3, 1, 4.5], [200, 300, 100])
    assert (data.source, data.parts, data.relations) == ("toy", None, ())
    assert Atomic(path="toy").available() == (Availability("toy", "toy"),)


def test_the_same_interactions_as_a_table_have_the_same_fingerprint() -> None:
    put("user,item,stars,at\n" + ROWS.replace("\t", ",").replace("200.75", "200"), "log.csv")
    as_table = Table(path="log.csv", rating="stars", timestamp="at").load()
    assert load(inter=INTER + ROWS).fingerprint == as_table.fingerprint


def test_columns_may_have_other_names(log: pytest.LogCaptureFixture) -> None:
    header = "who:token\twhat:token\tstars:float\twhen:float\n"
    named = Atomic(path=folder(inter=header + ROWS), user="who", item="what", rating="stars", timestamp="when")
    assert named.load().fingerprint == load(inter=INTER + ROWS).fingerprint
    data = Atomic(path=folder(inter=header + ROWS), user="who", item="what").load()
    assert (data.edges.weight, data.edges.time) == (None, None)
    assert log.messages == []


def test_users_and_items_are_known_by_the_types_of_columns() -> None:
    data = load(inter=INTER + ROWS, user=USER, item=ITEM)
    age, job = (data.users[name].tolist() for name in ("age", "job"))
    assert (age[1], job[1]) == (24, "007")
    assert data.users[["age", "job"]].iloc[0].isna().all()
    assert data.items["title"].tolist() == ["Amélie, The", "Heat"]
    assert data.items["class"].iloc[0] == ["Comedy", "Romance"]
    assert data.items["vector"].iloc[0] == [0.5, -1.0]
    assert data.items[["class", "vector"]].iloc[1].isna().all()


def test_ids_of_files_meet_by_what_they_say(log: pytest.LogCaptureFixture) -> None:
    data = load(inter=INTER + ROWS, user="user_id:token\tjob:token\n7\tcook\nnobody\tnone\n")
    assert data.users["job"].tolist()[1] == "cook"
    assert log.messages == ["toy/toy.user: 1 of 2 users are not in it"]


def test_files_of_a_benchmark_are_parts(log: pytest.LogCaptureFixture) -> None:
    files = {"train_inter": INTER + ROWS, "test_inter": INTER + "-2\t30\t5\t400\n7\t30\t5\t400\n"}
    data = load(**files)
    found = dict(zip(pairs(data), (OF_DATA[part] for part in values(data.parts)), strict=True))
    assert found == {(-2, 10): "train", (7, 10): "train", (7, 30): "test", (-2, 30): "test"}
    data = load(**files, valid_inter=INTER + "-2\t40\t2\t350\n", inter=INTER + ROWS)
    assert [OF_DATA[part] for part in values(data.parts)] == ["train", "test", "val", "train", "test"]
    left_out = (
        "toy: 1 rows are left out of a part, as their pair of user and item stands in a later one; the first is user 7 "
        "and item 30 in train"
    )
    assert log.messages == [
        left_out,
        "toy/toy.inter is not read: toy.train.inter and its kin lie beside it",
        left_out,
    ]


def test_triples_are_relations_between_items_and_entities() -> None:
    data = load(inter=INTER + ROWS, kg=KG, link=LINK)
    entities = data.tables["entity"]["entity"].tolist()
    assert entities == ["m.comedy", "m.crime", "m.drama", "m.u"]
    ids = {"item": data.items["item"].tolist(), "entity": entities}
    found = {
        each.key: [
            (ids[each.source_type][source], ids[each.target_type][target])
            for source, target in zip(each.source, each.target, strict=True)
        ]
        for each in data.relations
    }
    assert found == {
        "entity-film_genre-entity": [("m.u", "m.drama")],
        "entity-genre_films-item": [("m.comedy", 10)],
        "item-film_genre-entity": [(10, "m.comedy"), (30, "m.crime")],
        "item-film_sequel-item": [(30, 10)],
    }


NO_TYPE = "a column of an atomic file says its type, as in 'user_id:token'; got"
REFUSED: list[tuple[dict[str, str | bytes], str]] = [
    ({"inter": ""}, "toy/toy.inter is empty"),
    ({"inter": "user_id\titem_id\n1\t2\n"}, f"toy/toy.inter:1: {NO_TYPE} 'user_id'; types are token, token_seq, float"),
    ({"inter": "user_id:token\titem_id:text\n1\t2\n"}, f"toy/toy.inter:1: {NO_TYPE} 'item_id:text'; types are "),
    ({"inter": "user_id:token\tuser_id:float\n1\t2\n"}, "toy/toy.inter:1: column 'user_id' stands twice"),
    ({"inter": "user_id:token\titem:token\n1\t2\n"}, "toy/toy.inter has no column 'item_id'; did you mean 'item'?"),
    ({"inter": INTER + "1\t2\t3\n"}, "toy/toy.inter: 1 rows do not have the 4 cells of the header; row 1 has 3"),
    ({"inter": INTER + "1\t2\tgood\t5\n"}, "toy/toy.inter: 1 rows have no number in column 'rating'; row 1 has 'good'"),
    ({"inter": INTER + "1\t\t3\t5\n"}, "toy/toy.inter: 1 rows have no item id; the first is row 1"),
    (
        {"inter": INTER + "1\t2\t3\tlately\n"},
        "toy/toy.inter: 1 rows have no time, a number, ISO 8601 or 20240531, in column 'timestamp'; row 1 has 'lately'",
    ),
    (
        {"user": "user_id:token\tage:float\n7\told\n"},
        "toy/toy.user: 1 cells of column 'age' are to be numbers and are n",
    ),
    ({"user": "user_id:token\n8\n"}, "toy/toy.user has none of the 2 users that have interactions, such as 7"),
    ({"user": "user_id:token\n7\n7\n"}, "toy: user 7 stands twice in the table of users"),
    ({"kg": KG}, "toy/toy.kg needs the file that ends in .link beside it: triples, and which entities are items"),
    ({"kg": KG + "m.a\t\tm.h\n", "link": LINK}, "toy/toy.kg: row 7 has nothing in column 'relation_id'"),
    (
        {"kg": KG, "link": LINK + "30\tm.a\n"},
        "toy/toy.link: entity m.a is linked to the items 10 and 30; an entity is one item at most",
    ),
    (
        {"kg": KG + "m.a\tfilm genre\tm.h\n", "link": LINK},
        "toy/toy.kg: relations 'film.genre' and 'film genre' would both be called film_genre; rename one",
    ),
]


@pytest.mark.parametrize(("files", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_atomic_file_is_told(files: dict[str, str | bytes], message: str) -> None:
    assert refusal(**files).startswith(message)


def test_a_folder_without_its_files_is_told() -> None:
    with pytest.raises(DataError) as error:
        load(user=USER)
    assert str(error.value) == (
        "toy: there is no toy.inter, nor toy.train.inter; atomic files are called like their folder, and in this one "
        "there is no file that ends in .inter"
    )
    put(INTER + ROWS, "toy/other.inter")
    with pytest.raises(DataError, match=r"and in this one there is other\.inter$"):
        load(user=USER)
    with pytest.raises(DataError) as error:
        load(train_inter=INTER + ROWS)
    assert str(error.value) == "toy: toy.test.inter is missing beside toy.train.inter"


def test_a_folder_that_is_none_is_told() -> None:
    folder(inter=INTER + ROWS)
    for path, message in (
        ("toy/toy.inter", "toy/toy.inter is a file; give the folder that it lies in"),
        ("tyo", "there is no folder tyo, which dataset.path names: it was looked for in the working folder "),
    ):
        with pytest.raises(DataError) as error:
            Atomic(path=path).load()
        assert str(error.value).startswith(message)


def test_a_working_folder_is_called_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    folder(inter=INTER + ROWS)
    monkeypatch.chdir("toy")
    assert len(Atomic(path=".").load()) == 3


def test_no_message_names_a_field_that_atomic_files_lack() -> None:
    fields = {f"dataset.{field}" for field in Atomic.model_fields}
    said = {
        content: refusal(inter=content if isinstance(content, bytes) else INTER + content)
        for content in (
            "7\t\t3\t5\n",
            "7\t30\t4,5\t5\n",
            "7\t30\t4\t31/05/2024\n",
            "7\t30\t4\t1.70E+09\n",
            "7\t30\t4\t1700000000000000000000\n",
            '7\t"30\t4\t5\n',
            (INTER + "7\t30\t4\t5\n").encode("utf-16-le"),
            (INTER + "7\t30\x81\t4\t5\n").encode("latin-1"),
        )
    }
    named = {word.rstrip(":,.?") for message in said.values() for word in message.split() if "dataset." in word}
    assert named <= fields
    assert named == {"dataset.missing", "dataset.quote", "dataset.encoding"}
    assert said["7\t\t3\t5\n"] == (
        "toy/toy.inter: 1 rows have no item id; the first is row 1; dataset.missing: drop leaves such rows out"
    )
    assert said["7\t30\t4,5\t5\n"] == "toy/toy.inter: 1 rows have no number in column 'rating'; row 1 has '4,5'"


def test_rows_with_gaps_quotes_and_encodings_are_read_as_is_said(caplog: pytest.LogCaptureFixture) -> None:
    path = folder(
        inter=(INTER + ROWS + "8\t\t3\t5\n").encode("cp1251"),
        item='item_id:token\ttitle:token_seq\n10\t"Жара\n\tnobody\n'.encode("cp1251"),
    )
    data = Atomic(path=path, missing="drop", quote="none", encoding="cp1251").load()
    assert len(data) == 3
    assert data.items["title"].tolist()[0] == '"Жара'
    assert "toy/toy.inter: 1 of 4 rows are left out: 1 without item" in caplog.messages


def test_ids_are_of_one_type_in_all_parts() -> None:
    data = load(train_inter=INTER + ROWS, test_inter=INTER + "7\tB12\t3\t5\n")
    assert pairs(data) == [(-2, "10"), (7, "10"), (7, "30"), (7, "B12")]
    assert refusal(train_inter=INTER + ROWS, test_inter="user_id:token\titem_id:token\n7\t30\n", inter="") == (
        "toy/toy.test.inter has no column 'rating'; known: item_id, user_id"
    )
    assert refusal(train_inter=INTER + ROWS, test_inter=INTER + "7\t3\tx\t5\n", inter="") == (
        "toy: 1 rows have no number in column 'rating'; row 1 of toy/toy.test.inter has 'x'"
    )


def test_a_knowledge_graph_may_be_left_unread() -> None:
    data = Atomic(path=folder(inter=INTER + ROWS, kg="damaged"), relations=False).load()
    assert (data.relations, sorted(data.tables)) == ((), ["item", "user"])
