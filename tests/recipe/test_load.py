from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gnnrec import Recipe, RecipeError, UsageError, load_recipe
from gnnrec.recipe.check import check
from gnnrec.recipe.faults import Position
from gnnrec.recipe.load import dump_recipe, find_recipe, load_component, shipped_recipes
from gnnrec.recipe.nodes import merge, read_yaml
from gnnrec.recipe.overrides import from_mapping, tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from gnnrec.plugin.registry import Registry

    Write = Callable[[str, str], Path]

PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def complaint(*arguments: Any, **options: Any) -> str:
    with pytest.raises(RecipeError) as caught:
        load_recipe(*arguments, **options)
    return str(caught.value)


def test_every_shipped_recipe_is_valid_and_named_like_its_file() -> None:
    shipped = shipped_recipes()
    assert "movielens_sage" in shipped
    for name in shipped:
        assert load_recipe(name).name == name.rpartition("/")[2]


def test_every_shipped_recipe_opens_with_the_command_that_runs_it() -> None:
    for name, path in shipped_recipes().items():
        assert path.read_text(encoding="utf-8").startswith(f"# gnnrec run {name}\n")


def test_a_file_wins_over_a_shipped_recipe_and_a_shipped_recipe_over_a_folder(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(toy.parent)
    Path("movielens_sage").mkdir()
    assert find_recipe("movielens_sage") == shipped_recipes()["movielens_sage"]
    Path("movielens_sage").rmdir()
    toy.rename("movielens_sage")
    assert find_recipe("movielens_sage") == Path("movielens_sage")


def test_a_recipe_that_is_nowhere_is_told_with_the_nearest_shipped_name() -> None:
    assert complaint("movielens_sgae.yaml") == (
        "movielens_sgae.yaml  there is no such file, and no shipped recipe of that name; did you mean 'movielens_sage'?"
    )
    assert complaint("x" * 5000).startswith("xxx")


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    assert complaint(tmp_path) == f"{tmp_path}  this is a directory; a recipe is one YAML file"


def test_a_file_that_is_not_utf_8_is_told_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes("name: é".encode("latin-1"))
    assert complaint(path) == f"{path}  this is not UTF-8 text (byte 6: unexpected end of data); save it as UTF-8"


def test_a_recipe_without_a_name_is_called_like_its_file(toy: Path, write: Write, toy_registry: Registry) -> None:
    text = toy.read_text(encoding="utf-8").removeprefix("name: toy\n")
    assert load_recipe(write("my first recipe.yaml", text), registry=toy_registry).name == "my-first-recipe"


def test_extends_starts_from_a_recipe_beside_it_and_takes_another_name(
    toy: Path, write: Write, toy_registry: Registry
) -> None:
    path = write("sub/deeper.yaml", "extends: ../toy.yaml\nseed: 7\nencoder: {layers: 1}\nfeatures: {item: []}")
    deeper, base = (load_recipe(each, registry=toy_registry) for each in (path, toy))
    assert (deeper.name, deeper.seed, deeper.features.item) == ("deeper", 7, ())
    assert deeper.encoder is not None
    assert deeper.encoder.model_dump() == base.encoder.model_dump() | {"layers": 1}
    assert deeper.trainer == base.trainer


def test_extends_takes_a_shipped_recipe_by_its_name(write: Write) -> None:
    recipe = load_recipe(write("small.yaml", "extends: movielens_sage\nencoder: {channels: 8}"))
    shipped = load_recipe("movielens_sage").to_dict()
    assert recipe.to_dict() == shipped | {"name": "small", "encoder": shipped["encoder"] | {"channels": 8}}


def test_a_fault_of_an_extended_recipe_is_placed_in_that_recipe(
    toy: Path, write: Write, toy_registry: Registry
) -> None:
    toy.write_text(toy.read_text(encoding="utf-8").replace("channels: 8", "channels: 0"), encoding="utf-8")
    path = write("over.yaml", "extends: toy.yaml\nencoder:\n  layers: 0")
    assert complaint(path, registry=toy_registry).splitlines() == [
        f"{path}:3:11  encoder.layers: expected greater than 0, got 0",
        f"{toy}:15:13  encoder.channels: expected greater than 0, got 0",
    ]


def test_recipes_that_extend_each_other_are_refused(write: Write) -> None:
    write("a.yaml", "extends: b.yaml")
    b = write("b.yaml", "extends: a.yaml")
    assert complaint(b.parent / "a.yaml") == (
        f"{b}:1:10  extends: recipes extend each other in a circle: a.yaml → b.yaml → a.yaml"
    )


@pytest.mark.parametrize(
    ("parent", "message"),
    [
        ("movielens_sgae", "there is no such file, and no shipped recipe of that name; did you mean 'movielens_sage'?"),
        ("[a, b]", "expected the path or name of one recipe"),
        (".", "this is a directory; a recipe is one YAML file"),
    ],
)
def test_extends_that_leads_nowhere_is_placed(write: Write, parent: str, message: str) -> None:
    path = write("r.yaml", f"extends: {parent}")
    assert complaint(path) == f"{path}:1:10  extends: {message}"


@given(
    column=PRINTABLE,
    rate=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    sizes=st.lists(st.integers(min_value=1), max_size=3),
)
@example(column="1e-3", rate=1e-5, sizes=[])
@example(column="~", rate=1e22, sizes=[])
@example(column="a: [#\n\x85\u2028é", rate=1.0, sizes=[])
def test_a_dumped_recipe_reads_back_equal(
    toy_text: str, toy_registry: Registry, column: str, rate: float, sizes: list[int]
) -> None:
    overrides = {"features.item.0.column": column, "trainer.rate": rate, "encoder.sizes": sizes}
    changes = tree(from_mapping(overrides), Position("-s"))
    recipe = check(merge(read_yaml(toy_text, "toy.yaml"), changes), toy_registry)
    assert check(read_yaml(dump_recipe(recipe), "dumped.yaml"), toy_registry) == recipe
    assert recipe.to_dict()["features"]["item"][0]["column"] == column


def test_every_shipped_recipe_survives_being_dumped(write: Write) -> None:
    for name in shipped_recipes():
        recipe = load_recipe(name)
        assert isinstance(recipe, Recipe)
        assert load_recipe(write("dumped.yaml", dump_recipe(recipe))) == recipe


def test_one_component_is_read_by_itself() -> None:
    assert load_component("encoder", "hetero_sage", ["channels=8"]).model_dump()["channels"] == 8
    with pytest.raises(RecipeError, match=re.escape("-s chanels=8  encoder.chanels: unknown key; did you mean")):
        load_component("encoder", "hetero_sage", ["chanels=8"])
    with pytest.raises(UsageError, match=r"^no encoder is called 'hetero_sag'; did you mean 'hetero_sage'\?$"):
        load_component("encoder", "hetero_sag", [])
    with pytest.raises(UsageError, match=r"^no kind of component is called 'encoders'; did you mean 'encoder'\?$"):
        load_component("encoders", "hetero_sage", [])
