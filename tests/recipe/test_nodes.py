from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnnrec.recipe.faults import Position, RecipeError
from gnnrec.recipe.nodes import MAX_NODES, merge, read_yaml

TEXT = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
DATA = st.dictionaries(
    TEXT, st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
)


def plain(text: str) -> Any:
    return read_yaml(dedent(text), "r.yaml").plain()


def complaint(text: str) -> str:
    with pytest.raises(RecipeError) as caught:
        read_yaml(dedent(text), "r.yaml")
    return str(caught.value)


def merged(base: str, over: str) -> Any:
    return merge(read_yaml(dedent(base), "base.yaml"), read_yaml(dedent(over), "over.yaml")).plain()


def patched(items: str, patch: dict[int, str]) -> Any:
    """Lay a patch, which only an override can say, on the list `items`."""
    base = read_yaml(f"list: {items}", "base.yaml")
    over = read_yaml("list: {}", "-s")
    over.value["list"].value.update({index: read_yaml(text, "-s") for index, text in patch.items()})
    over.value["list"].keys.update(dict.fromkeys(patch, Position("-s")))
    return merge(base, over).plain()["list"]


def test_values_and_keys_know_where_they_stand() -> None:
    node = read_yaml("# a comment\nencoder:\n  layers: 2\n  sizes: [1, 22]\n", "r.yaml")
    assert str(node.position_of(("encoder", "layers"))) == "r.yaml:3:11"
    assert str(node.position_of(("encoder", "layers"), key=True)) == "r.yaml:3:3"
    assert str(node.position_of(("encoder", "sizes", 1))) == "r.yaml:4:14"


def test_what_is_not_there_stands_at_the_key_that_would_enclose_it() -> None:
    node = read_yaml("encoder:\n  layers: ab\n", "r.yaml")
    assert str(node.position_of(("encoder", "channels"))) == "r.yaml:1:1"
    assert str(node.position_of(("encoder", "layers", 0))) == "r.yaml:2:3"
    assert node.find(("encoder", "layers", 0)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("~", None),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.0", 1.0),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("'64'", "64"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    read = plain(text)
    assert (type(read), read) == (type(value), value)


@given(DATA)
def test_json_is_yaml_and_reads_the_same(data: dict[str, Any]) -> None:
    assert read_yaml(json.dumps(data, ensure_ascii=False), "r.json").plain() == data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "r.yaml  this is empty; a recipe is a mapping of sections"),
        ("# nothing\n", "r.yaml  this is empty; a recipe is a mapping of sections"),
        ("a: [1, 2\nb: 3", "r.yaml:2:2  this is not valid YAML: expected ',' or ']', but got ':'"),
        (
            "a:\n\tb: 1",
            "r.yaml:2:1  this is not valid YAML: found character '\\t' that cannot start any token; a line is indented",
        ),
        (
            'a: "C:\\data"',
            "r.yaml:1:8  this is not valid YAML: found unknown escape character 'd'; in double quotes a \\ begins",
        ),
        ("a: 1\n---\nb: 2", "r.yaml:2:1  this is not valid YAML: but found another document"),
        (
            "a: \x01",
            "r.yaml  this is not valid YAML: unacceptable character #x0001: special characters are not allowed",
        ),
        ("a: 1\nb: 2\na: 3", "r.yaml:3:1  a: this key stands twice; first in line 1"),
        ("1: 2", "r.yaml:1:1  a key is a name; got '1', which is not text"),
        ("a: {[b]: 2}", "r.yaml:1:5  a: a key is a name; got [ScalarNode"),
        ("a: !mine 3", "r.yaml:1:4  a: the tag !mine has no place in a recipe"),
        ("a: !mine {b: 3}", "r.yaml:1:4  a: the tag !mine has no place in a recipe"),
        ("a: !!python/object/apply:os.system [ls]", "r.yaml:1:4  a: the tag !!python/object/apply:os.system has no"),
        ("a: !!binary aGk=", "r.yaml:1:4  a: the tag !!binary has no place in a recipe"),
        ("a: !!int abc", "r.yaml:1:4  a: 'abc' cannot be read as !!int"),
        ("a: !!bool abc", "r.yaml:1:4  a: 'abc' cannot be read as !!bool"),
        ("a: " + "9" * 5000, f"r.yaml:1:4  a: '{'9' * 40}'… cannot be read as !!int"),
        ("<<: 3", "r.yaml:1:5  << takes a mapping, or a list of mappings"),
        ("a: &a [*a]", "r.yaml  values are nested too deeply, or an alias stands within what it names"),
        ("[" * 500, "r.yaml  values are nested too deeply, or an alias stands within what it names"),
    ],
)
def test_what_a_recipe_cannot_be_is_said_with_its_place(text: str, message: str) -> None:
    assert complaint(text).startswith(message)


def test_all_faults_of_a_file_are_said_at_once() -> None:
    assert complaint("a: 1\nb: {c: 1, c: !mine 2}\na: !mine 2\nd: !mine 4").splitlines() == [
        "r.yaml:2:11  b.c: this key stands twice; first in line 2",
        "r.yaml:3:1  a: this key stands twice; first in line 1",
        "r.yaml:4:4  d: the tag !mine has no place in a recipe",
    ]


def test_an_alias_repeats_what_it_names() -> None:
    assert plain("a: &it {b: [1]}\nc: *it") == {"a": {"b": [1]}, "c": {"b": [1]}}


def test_aliases_that_multiply_are_refused() -> None:
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]" for i in range(1, 7)]
    text = "\n".join([f"l0: &l0 [{', '.join('x' * 10)}]", *levels])
    assert complaint(text).endswith(f"there are more than {MAX_NODES} values in this file")


def test_merge_keys_fill_in_what_the_mapping_does_not_say_itself() -> None:
    text = """\
        one: &one {a: 1, b: 1}
        two: &two {b: 2, c: 2}
        both: {<<: [*one, *two], a: 9}
        """
    assert plain(text)["both"] == {"a": 9, "b": 1, "c": 2}
    node = read_yaml(dedent(text), "r.yaml")
    assert str(node.position_of(("both", "c"), key=True)) == "r.yaml:2:18"


def test_mappings_are_laid_together_key_by_key() -> None:
    assert merged("a: {x: 1, y: {p: 1, q: 2}}\nb: 1", "a: {y: {q: 3}}\nc: 2") == {
        "a": {"x": 1, "y": {"p": 1, "q": 3}},
        "b": 1,
        "c": 2,
    }


def test_a_changed_name_drops_the_old_components_fields() -> None:
    base = "encoder: {name: mean, layers: 3}"
    assert merged(base, "encoder: {name: lookup, channels: 4}") == {"encoder": {"name": "lookup", "channels": 4}}
    assert merged(base, "encoder: {name: mean, channels: 4}") == {
        "encoder": {"name": "mean", "layers": 3, "channels": 4}
    }


def test_a_changed_name_of_the_recipe_drops_nothing() -> None:
    assert merged("name: a\nseed: 3", "name: b") == {"name": "b", "seed": 3}


def test_lists_are_replaced() -> None:
    assert merged("a: [1, 2, 3]", "a: [4]") == {"a": [4]}


def test_what_was_laid_over_keeps_its_place() -> None:
    node = merge(read_yaml("a: {b: 1, c: 2}", "base.yaml"), read_yaml("a:\n  c: 3", "over.yaml"))
    assert str(node.position_of(("a", "b"))) == "base.yaml:1:8"
    assert str(node.position_of(("a", "c"))) == "over.yaml:2:6"


def test_a_patch_changes_appends_and_renames_items_by_their_index() -> None:
    assert patched("[1, 2]", {1: "9"}) == [1, 9]
    assert patched("[1, 2]", {2: "3", 3: "4"}) == [1, 2, 3, 4]
    assert patched("[{name: a, x: 1}]", {0: "{y: 2}"}) == [{"name": "a", "x": 1, "y": 2}]
    assert patched("[{name: a, x: 1}]", {0: "{name: b, y: 2}"}) == [{"name": "b", "y": 2}]


def test_a_patch_beyond_the_end_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^-s:1:1  list\.3: there is no item 3; the list has 2, counted from 0$"):
        patched("[1, 2]", {3: "x"})


def test_a_patch_of_a_mapping_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"^-s  list\.0: a mapping has keys and no item 0; known: a, b$"):
        patched("{a: 1, b: 2}", {0: "x"})


@given(DATA, DATA)
def test_merging_leaves_both_sides_as_they_were(left: dict[str, Any], right: dict[str, Any]) -> None:
    base, over = (read_yaml(json.dumps(each, ensure_ascii=False), "r.json") for each in (left, right))
    result = merge(base, over).plain()
    assert (base.plain(), over.plain()) == (left, right)
    assert set(result) == set(left) | set(right)
    assert merge(read_yaml(json.dumps(left, ensure_ascii=False), "r.json"), base).plain() == left
