from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from gnnrec import RecipeError, UsageError, load_recipe
from gnnrec.plugin.registry import Registry
from gnnrec.recipe.check import check
from gnnrec.recipe.nodes import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    Complaints = Callable[..., list[str]]


@pytest.fixture
def complaints(toy_text: str, toy_registry: Registry) -> Complaints:
    """What is said of the toy recipe after changes of its text."""

    def complaints(*changes: tuple[str, str]) -> list[str]:
        text = toy_text
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        with pytest.raises(RecipeError) as caught:
            check(read_yaml(text, "r.yaml"), toy_registry)
        return str(caught.value).splitlines()

    return complaints


def test_a_right_recipe_has_what_it_says_and_the_defaults_of_the_rest(toy_text: str, toy_registry: Registry) -> None:
    recipe = check(read_yaml(toy_text, "r.yaml"), toy_registry)
    parts = recipe.model_sections()
    assert parts.encoder.model_dump() == {
        "name": "mean",
        "channels": 8,
        "layers": 3,
        "dropout": 0.0,
        "residual": False,
        "activation": "relu",
        "sizes": (),
        "best": None,
    }
    assert [block.name for block in recipe.features.item] == ["ones", "ones"]
    assert (recipe.seed, recipe.split.seed, recipe.evaluation.negatives) == (0, 42, 2)
    assert (parts.trainer.monitor, parts.trainer.epochs) == ("loss", 5)


def test_all_faults_are_said_at_once_each_with_its_place(complaints: Complaints) -> None:
    assert complaints(
        ("val: 0.2", "val: 1.5"),
        ("channels: 8", "channels: '8'"),
        ("layers: 3", "layes: 3"),
        ("inner", "iner"),
        ("loss: {name: hinge}", ""),
        ("epochs: 5", "monitor: acu"),
        ("1e-3", ".inf"),
    ) == [
        "r.yaml:1:1  loss: this section is missing; give it a component: {name: …}",
        "r.yaml:10:8  split.val: expected less than 1, got 1.5",
        "r.yaml:15:13  encoder.channels: expected integer, got '8'",
        "r.yaml:16:3  encoder.layes: unknown key; did you mean 'layers'?",
        "r.yaml:17:17  decoder.name: no decoder is called 'iner'; did you mean 'inner'?",
        "r.yaml:21:12  trainer.monitor: no validation metric is called 'acu'; did you mean 'auc'?",
        "r.yaml:22:9  trainer.rate: expected a finite number, got inf",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("channels: 8", "channels: true", "15:13  encoder.channels: expected integer, got true"),
        ("channels: 8", "channels: 8.0", "15:13  encoder.channels: expected integer, got 8.0"),
        ("channels: 8", "channels:", "15:3  encoder.channels: expected integer, got nothing"),
        ("channels: 8", "channels: [8]", "15:13  encoder.channels: expected integer, got a list"),
        ("channels: 8", "channels: -8", "15:13  encoder.channels: expected greater than 0, got -8"),
        ("layers: 3", "residual: yes", "16:13  encoder.residual: expected boolean, got 'yes'"),
        ("layers: 3", "residual: 1", "16:13  encoder.residual: expected boolean, got 1"),
        ("layers: 3", "dropout: 1", "16:12  encoder.dropout: expected less than 1, got 1"),
        ("layers: 3", "dropout: '0.1'", "16:12  encoder.dropout: expected number, got '0.1'"),
        ("layers: 3", "dropout: .nan", "16:12  encoder.dropout: expected a finite number, got nan"),
        ("layers: 3", "sizes: [1, two]", "16:14  encoder.sizes.1: expected integer, got 'two'"),
        ("layers: 3", "sizes: 1", "16:10  encoder.sizes: expected array, got 1"),
        ("layers: 3", "best: 0", "16:9  encoder.best: expected greater than 0, got 0"),
        (
            "layers: 3",
            "activation: rely",
            "16:15  encoder.activation: expected 'relu' or 'tanh', got 'rely'; did you mean 'relu'?",
        ),
        (
            "layers: 3",
            "depth: 3",
            "16:3  encoder.depth: unknown key; known: activation, best, channels, dropout, layers, name, residual,",
        ),
        ("name: mean", "name: maen", "14:9  encoder.name: no encoder is called 'maen'; did you mean 'mean'?"),
        ("name: mean", "name: gat", "14:9  encoder.name: no encoder is called 'gat'; known: lookup, mean"),
        ("name: mean", "name: 3", "14:9  encoder.name: no encoder is called 3; known: lookup, mean"),
        (
            "  name: mean\n",
            "",
            "13:1  encoder.name: this says which encoder to take and is missing; known: lookup, mean",
        ),
        ("{name: plain}", "plain", "11:8  graph: expected a mapping, got 'plain'"),
        ("{name: plain}", "", "11:1  graph: this section is missing; give it a component: {name: …}"),
        ("width: 2", "width: 0", "6:14  features.item.0.width: expected greater than 0, got 0"),
        ("width: 2", "widht: 2", "6:7  features.item.0.widht: unknown key; did you mean 'width'?"),
        (
            "width: 2",
            "halves: 2",
            "6:7  features.item.0.halves: unknown key; 'halves' is to be named in split: {name: hal",
        ),
        ("  item:", "  itm:", "4:3  features.itm: no node type is called so; did you mean 'item'?"),
        (
            "name: ones\n      width",
            "width",
            "5:7  features.item.0.name: this says which features to take and is missing; known: ones",
        ),
        ("val: 0.2", "val: 0.9\n  test: 0.4", "9:3  split: val + test is 1.3; expected less than 1"),
        ("val: 0.2", "val: 0", "10:8  split.val: expected greater than 0, got 0"),
        ("val: 0.2", "seed: -1", "10:9  split.seed: expected greater than or equal to 0, got -1"),
        ("name: toy\nd", "name: a/b\nd", "1:7  name: string should match pattern"),
        ("loss:", "evaluation: {negatives: 0}\nloss:", "18:25  evaluation.negatives: expected greater than 0, got 0"),
        (
            "loss:",
            "evaluation: {negative: 3}\nloss:",
            "18:14  evaluation.negative: unknown key; did you mean 'negatives'?",
        ),
        ("loss:", "sede: 3\nloss:", "18:1  sede: unknown key; did you mean 'seed'?"),
        (
            "epochs: 5",
            "monitor: speed",
            "21:12  trainer.monitor: no validation metric is called 'speed'; known: ap,",
        ),
        (
            "width: 2",
            'column: "\\ud83d"',
            "6:15  features.item.0.column: expected text, got half a character (a lone surrogate) in '\\ud83d'",
        ),
    ],
)
def test_a_fault_says_what_was_expected_and_what_was_got(
    complaints: Complaints, old: str, new: str, message: str
) -> None:
    [said] = complaints((old, new))
    assert said.startswith(f"r.yaml:{message}")


def test_a_recipe_that_says_nothing_misses_every_section_but_features_and_scorer(toy_registry: Registry) -> None:
    with pytest.raises(RecipeError) as caught:
        check(read_yaml("name: x", "r.yaml"), toy_registry)
    missing = ["dataset", "decoder", "encoder", "graph", "loss", "negatives", "split", "trainer"]
    assert [fault.path for fault in caught.value.faults] == missing


def test_a_recipe_is_a_mapping(toy_registry: Registry) -> None:
    with pytest.raises(RecipeError, match=r"^r\.yaml:1:1  a recipe is a mapping of sections; got a list$"):
        check(read_yaml("[1]", "r.yaml"), toy_registry)


def test_a_scorer_takes_the_place_of_the_sections_that_train_a_model(toy_registry: Registry) -> None:
    text = "name: x\ndataset: {name: toy}\nsplit: {name: halves}\nscorer: {name: popular}"
    recipe = check(read_yaml(text, "r.yaml"), toy_registry)
    assert recipe.scorer is not None
    assert recipe.scorer.name == "popular"
    with pytest.raises(UsageError, match=r"^recipe 'x' trains no model: it has no graph, negatives, encoder, decoder,"):
        recipe.model_sections()


def test_a_scorer_beside_an_encoder_is_refused(toy_registry: Registry) -> None:
    text = "name: x\ndataset: {name: toy}\nsplit: {name: halves}\nscorer: {name: popular}\nencoder: {name: mean}"
    with pytest.raises(RecipeError) as caught:
        check(read_yaml(text, "r.yaml"), toy_registry)
    assert str(caught.value) == "r.yaml:5:1  encoder: a recipe with a scorer has no such section; leave it out"


def test_a_kind_without_components_says_so(toy_text: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check(read_yaml(toy_text, "r.yaml"), Registry([]))
    said = str(caught.value).splitlines()
    assert "r.yaml:14:9  encoder.name: no encoder is called 'mean'; none is installed" in said
    assert len(said) == 10  # eight sections and two feature encoders


def test_a_component_named_like_one_of_its_fields_is_still_placed_right(
    plugin: Callable[[str, str], EntryPoint],
) -> None:
    text = """
        class Channels(Encoder):
            name: Literal["channels"] = "channels"
            channels: int = 8
            def build(self, graph): ...
        @hookimpl
        def gnnrec_components():
            return (Channels,)
        """
    registry = Registry([plugin("echo_channels", text)])
    node = read_yaml("encoder:\n  name: channels\n  channels: many", "r.yaml")
    with pytest.raises(RecipeError) as caught:
        check(node, registry)
    assert "r.yaml:3:13  encoder.channels: expected integer, got 'many'" in str(caught.value).splitlines()


def test_unknown_keys_within_parts_of_a_component_are_told_with_the_nearest(
    plugin: Callable[[str, str], EntryPoint], toy_text: str
) -> None:
    text = """
        from typing import Annotated
        from pydantic import BaseModel, ConfigDict, Field
        class Inner(BaseModel):
            model_config = ConfigDict(frozen=True, extra="forbid")
            depth: int = 1
        class Slow(Inner):
            name: Literal["slow"] = "slow"
            patience: int = 1
        class Fast(Inner):
            name: Literal["fast"] = "fast"
            speed: int = 1
            inner: Inner = Inner()
        class Deep(Encoder):
            name: Literal["deep"] = "deep"
            part: Inner = Inner()
            parts: tuple[Inner, ...] = ()
            pace: Annotated[Slow | Fast, Field(discriminator="name")] = Slow()
            def build(self, graph): ...
        @hookimpl
        def gnnrec_components():
            return (Deep,)
        """
    registry = Registry([EntryPoint("toy", "toy_plugin", "gnnrec"), plugin("deep", text)])
    section = (
        "encoder: {name: deep, part: {dept: 1}, parts: [{depth: 1}, {deep: 2}], pace: {name: fast, inner: {depht: 3}, "
        "patience: 2}}\n"
    )
    with pytest.raises(RecipeError) as caught:
        check(read_yaml(re.sub(r"encoder:\n(  .*\n)+", section, toy_text), "r.yaml"), registry)
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        ("encoder.part.dept", "unknown key; did you mean 'depth'?"),
        ("encoder.parts.1.deep", "unknown key; did you mean 'depth'?"),
        ("encoder.pace.inner.depht", "unknown key; did you mean 'depth'?"),
        ("encoder.pace.patience", "unknown key; known: depth, inner, name, speed"),
    ]


def test_faults_in_parts_of_feature_encoders_are_told_as_those_of_parts(
    toy_text: str, plugin: Callable[[str, str], EntryPoint]
) -> None:
    text = """
        from typing import Annotated
        from pydantic import BaseModel, Field
        from gnnrec import FeatureEncoder
        class Part(BaseModel):
            model_config = {"frozen": True, "extra": "forbid"}
        class Wide(Part):
            name: Literal["wide"] = "wide"
            width: int = 1
        class Deep(Part):
            name: Literal["deep"] = "deep"
            join: Literal["mean", "max"] = "mean"
        class InParts(FeatureEncoder):
            name: Literal["in_parts"] = "in_parts"
            part: Annotated[Wide | Deep, Field(discriminator="name")] = Wide()
            def fit(self, table, observed): ...
            def restore(self, state): ...
        @hookimpl
        def gnnrec_components():
            return [InParts]
        """
    registry = Registry([EntryPoint("toy", "toy_plugin", "gnnrec"), plugin("parts", text)])
    parts = ("{name: wide, widht: 2}", "{name: wdie}", "{}", "{name: deep, join: sum}")
    blocks = "".join(f"    - {{name: in_parts, part: {part}}}\n" for part in parts)
    with pytest.raises(RecipeError) as caught:
        check(read_yaml(toy_text.replace("    - name: ones\n      width: 2\n", blocks), "r.yaml"), registry)
    assert str(caught.value).splitlines() == [
        "r.yaml:5:43  features.item.0.part.widht: unknown key; did you mean 'width'?",
        "r.yaml:6:37  features.item.1.part.name: no part is called 'wdie'; did you mean 'wide'?",
        "r.yaml:7:24  features.item.2.part.name: this says which one to take and is missing",
        "r.yaml:8:49  features.item.3.part.join: expected 'mean' or 'max', got 'sum'",
    ]


def test_a_metric_at_a_length_that_is_not_asked_for_says_where_to_ask() -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("movielens_sage", ["trainer.monitor=ndcg@7"])
    assert str(caught.value) == (
        "-s trainer.monitor=ndcg@7  trainer.monitor: no validation metric is called 'ndcg@7'; add 7 to evaluation.k"
    )
