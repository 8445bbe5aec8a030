from __future__ import annotations

from importlib.metadata import EntryPoint, version
from typing import TYPE_CHECKING

import pytest
from toys import movielens_like, small_recipe

from gnnrec import RecipeError, load_recipe
from gnnrec.pipeline import run
from gnnrec.plugin.registry import Registry, installed
from gnnrec.recipe.load import dump_run
from gnnrec.recipe.made_with import changed, continued, last_made_with, made_with, plugins_of, replaced
from gnnrec.recipe.nodes import read_yaml
from gnnrec.runs.record import read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = version("gnnrec")


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    """Write the shipped recipe with `made_with` and other changes of its text."""

    def made(made_with: str, **replaced: str) -> Path:
        text = dump_run(load_recipe("movielens_sage"), {}, tmp_path).partition("made_with:")[0]
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "stored.yaml"
        path.write_text(text + made_with)
        return path

    return made


def test_a_run_stores_what_gave_its_components_and_is_read_back_as_the_same_recipe(
    tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    recipe = small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=1)
    done = run(recipe, out=tmp_path / "runs")
    path = done.directory / "recipe.yaml"
    assert read_yaml(path.read_text(), "x").plain()["made_with"] == {"gnnrec": HERE}
    assert load_recipe(path) == done.recipe
    assert "made_with" not in read_run(done.directory).recipe
    assert {"name": "gnnrec_losses", "distribution": "gnnrec", "version": HERE} in done.environment["plugins"]
    assert [record for record in log.records if "made with" in record.getMessage()] == []


def test_only_what_a_recipe_names_is_remembered(plugin: Callable[[str, str], EntryPoint], toy: Path) -> None:
    text = """
        class Other(Encoder):
            name: Literal["other"] = "other"
            def build(self, graph): ...
        @hookimpl
        def gnnrec_components():
            return (Other,)
        """
    registry = Registry([EntryPoint("toy", "toy_plugin", "gnnrec"), plugin("stranger", text)])
    assert set(plugins_of(load_recipe(toy, registry=registry), registry)) == {"toy"}
    swapped = load_recipe(toy, {"encoder.name": "other"}, registry=registry)
    assert set(plugins_of(swapped, registry)) == {"toy", "stranger"}


def test_another_version_is_told_and_an_equal_one_is_not(
    made: Callable[..., Path], log: pytest.LogCaptureFixture
) -> None:
    path = made("made_with: {gnnrec: 0.0.9}")
    recipe = load_recipe(path)
    said = [*dict.fromkeys(record.getMessage() for record in log.records)]
    assert said == [f"{path}: the recipe was made with gnnrec 0.0.9, and here it is {HERE}: results may differ"]
    assert changed({"gnnrec": HERE, "gone": "1"}, {"gnnrec": HERE}) == []
    assert made_with(recipe, installed()) == {"gnnrec": HERE}


@pytest.mark.parametrize(
    ("made_with", "hint"),
    [
        ("{my-gat: '1.0'}", "; the recipe was made with my-gat 1.0, which is not installed"),
        (
            "{my_gat.py: 'sha256:abc'}",
            "; the recipe was made with my_gat.py, a plugin to be given: gnnrec -p my_gat.py …",
        ),
        (
            f"{{gnnrec: {HERE}, a: '1', b: '2'}}",
            "; the recipe was made with a 1, which is not installed, b 2, which is not installed",
        ),
        (f"{{gnnrec: {HERE}}}", "; did you mean 'hetero_sage'?"),
    ],
)
def test_a_component_that_is_not_there_is_told_with_what_the_recipe_was_made_with(
    made: Callable[..., Path], made_with: str, hint: str
) -> None:
    path = made(f"made_with: {made_with}", hetero_sage="hetero_sag", channels="chanels")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    assert [fault.message for fault in caught.value.faults] == [f"no encoder is called 'hetero_sag'{hint}"]


def test_a_plugin_that_is_there_and_left_out_is_told_as_such(
    made: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made("made_with: {gnnrec: '1.0', other: '1'}")
    monkeypatch.setenv("GNNREC_DISABLE_PLUGINS", "gnnrec_losses")
    with pytest.raises(RecipeError) as caught:
        load_recipe(path, registry=Registry.installed())
    [fault] = caught.value.faults
    end = f"plugin 'gnnrec_losses' (gnnrec {HERE}) has one, and is disabled by GNNREC_DISABLE_PLUGINS"
    assert fault.message == f"no loss is called 'bce'; {end}"


@pytest.mark.parametrize(
    ("made_with", "place", "message"),
    [
        ("made_with: gnnrec", "made_with", "expected a mapping of names to versions; gnnrec writes it"),
        (
            "made_with: {gnnrec: 0.1}",
            "made_with.gnnrec",
            "expected a version as text, in quotes where it looks like a number",
        ),
    ],
)
def test_what_is_no_mapping_of_names_to_versions_is_refused(
    made: Callable[..., Path], made_with: str, place: str, message: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(made(made_with))
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [(place, message)]


def test_what_a_base_was_made_with_is_not_what_an_extending_recipe_was_made_with(
    made: Callable[..., Path], tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    made("made_with: {gnnrec: 0.0.9}")
    (tmp_path / "own.yaml").write_text("extends: stored.yaml\nencoder: {channels: 8}\n")
    load_recipe(tmp_path / "own.yaml")
    assert log.records == []


def test_it_cannot_be_overridden(made: Callable[..., Path]) -> None:
    with pytest.raises(RecipeError, match="made_with: this is said in a recipe's file and cannot be overridden"):
        load_recipe(made(""), ["made_with.gnnrec='1'"])


def test_components_that_come_from_elsewhere_are_told_unless_something_is_overridden(
    made: Callable[..., Path], log: pytest.LogCaptureFixture
) -> None:
    path = made("made_with: {other: '1.0'}")
    load_recipe(path, ["seed=0"])
    assert log.records == []
    load_recipe(path)
    said = {record.getMessage() for record in log.records}
    assert said == {f"{path}: the recipe was made with other, here with gnnrec: results may differ"}
    assert replaced({"gnnrec": HERE, "other": "1"}, {"gnnrec": HERE}) == [
        "the recipe was made with other, which gives none of its components here: results may differ"
    ]
    assert replaced({"gnnrec": "1"}, {"gnnrec": HERE, "more": "1"}) == []


def test_a_recipe_with_faults_is_told_of_other_versions_too(
    made: Callable[..., Path], log: pytest.LogCaptureFixture
) -> None:
    path = made("made_with: {gnnrec: 0.0.8}", channels="chanels")
    with pytest.raises(RecipeError, match=r"encoder\.chanels: unknown key"):
        load_recipe(path)
    (said,) = {record.getMessage() for record in log.records}
    assert said == f"{path}: the recipe was made with gnnrec 0.0.8, and here it is {HERE}: results may differ"


def test_a_resumed_run_remembers_each_version_that_it_was_made_with() -> None:
    once = continued({"a": "1", "b": "1"}, {"a": "2", "b": "1", "c": "1"})
    assert once == {"a": "1, then 2", "b": "1", "c": "1"}
    assert last_made_with(once) == {"a": "2", "b": "1", "c": "1"}
    assert continued(once, {"a": "2", "b": "1"}) == {"a": "1, then 2", "b": "1"}
    assert continued(once, {"a": "1"}) == {"a": "1, then 2, then 1"}
    assert continued({}, {"a": "2"}) == {"a": "2"}
