from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gnnrec import UsageError, load_recipe
from gnnrec.contract.tuned import Tuned, TunedAmong
from gnnrec.plugin.registry import installed
from gnnrec.tuning.grid import points
from gnnrec.tuning.settings import Settings
from gnnrec.tuning.space import Axis, Space
from gnnrec.tuning.tune import what_is_tuned

if TYPE_CHECKING:
    from pathlib import Path


def space(recipe: str, *ranges: str, changes: tuple[str, ...] = ()) -> Space:
    return what_is_tuned(recipe, changes, ranges, Settings(metric="auc"))[1]


def told(recipe: str, *ranges: str) -> str:
    with pytest.raises(UsageError) as raised:
        space(recipe, *ranges)
    return str(raised.value)


def test_what_is_asked_for_is_searched_and_nothing_else() -> None:
    found = space("movielens_lightgcn", "encoder.channels=16..256:log", "trainer.learning_rate=1e-3..1e-1:log")
    assert found.axes == (
        Axis("encoder.channels", Tuned(16, 256, log=True), integer=True),
        Axis("trainer.learning_rate", Tuned(1e-3, 1e-1, log=True)),
    )


def test_whole_numbers_of_a_field_that_takes_others_are_a_range_of_all_between() -> None:
    assert space("baselines/ease", "scorer.l2=1..500").axes == (Axis("scorer.l2", Tuned(1, 500)),)


def test_a_component_that_is_chosen_brings_the_fields_that_it_has() -> None:
    found = space("movielens_sage", "loss.name=bpr,softmax", "loss.temperature=0.05..0.5")
    name, temperature = found.axes
    assert name == Axis("loss.name", TunedAmong(("bpr", "softmax")))
    assert temperature == Axis("loss.temperature", Tuned(0.05, 0.5), of="softmax")
    recipe = load_recipe("movielens_sage")
    assert found.applies(temperature, {"loss.name": "softmax"}, recipe)
    assert not found.applies(temperature, {"loss.name": "bpr"}, recipe)


def test_the_trial_of_a_loss_without_negatives_has_none() -> None:
    found = space("movielens_sage", "loss.name=bpr,softmax", "loss.temperature=0.05..0.5")
    changes = found.overrides({"loss.name": "softmax", "loss.temperature (softmax)": 0.2}, installed())
    assert changes == {"loss.name": "softmax", "loss.temperature": 0.2, "negatives": None}
    assert load_recipe("movielens_sage", changes).negatives is None
    assert load_recipe("movielens_sage", found.overrides({"loss.name": "bpr"}, installed())).negatives is not None


def test_two_components_may_have_fields_of_one_name() -> None:
    found = space("movielens_lightgcn", "encoder.name=lightgcn,mf", "encoder.channels=16..64")
    names = ["encoder.channels (lightgcn)", "encoder.channels (mf)"]
    assert [axis.parameter for axis in found.axes if axis.key == "encoder.channels"] == names


def test_the_recipes_own_values_are_those_that_lie_within() -> None:
    recipe = load_recipe("movielens_lightgcn")
    found = space("movielens_lightgcn", "encoder.channels=300..400", "loss.temperature=0.05..0.5")
    assert found.own(recipe) == {"loss.temperature": 0.12}


def test_a_recipe_may_say_what_is_searched_and_runs_do_not_look_at_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: baselines/ease\ntune:\n  scorer.l2: 20..2000:log\n")
    assert space(str(path)).axes == (Axis("scorer.l2", Tuned(20, 2000, log=True)),)
    assert space(str(path), "scorer.l2=1, 2").axes == (Axis("scorer.l2", TunedAmong((1, 2))),)
    assert "tune" not in load_recipe(path).to_dict()


def test_changes_that_every_trial_has_are_made_before_the_space_is_read() -> None:
    found = space("movielens_sage", "loss.margin=0.1..1", changes=("loss.name=margin",))
    assert [axis.key for axis in found.axes] == ["loss.margin"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("encodr.channels=1..2", "encodr.channels: recipe 'ease' has no section 'encodr'; known: features, scorer"),
        ("scorer.l3=1..2", "scorer.l3=1..2: unknown key; known: l2, name"),
        ("scorer.l2=0..2", "scorer.l2=0..2: expected greater than 0, got 0"),
        ("scorer.l2=a,b", "scorer.l2=a, b: expected number, got 'a'"),
        ("scorer.l2=2..1", "-t scorer.l2=2..1: there is nothing between 2 and 1"),
        ("scorer.l2=0..1:log", "-t scorer.l2=0..1:log: 0 has no logarithm; a range with :log begins above 0"),
        ("scorer.l2=1,1", "-t scorer.l2=1,1: 1, 1 names one value twice"),
        ("scorer.l2", "-t scorer.l2: expected KEY=RANGE, as in -t encoder.channels=16..256:log"),
        (
            "scorer.l2=",
            "-t scorer.l2=: expected LOW..HIGH, LOW..HIGH:log, or values with commas between; got ''",
        ),
        (
            "split.seed=1..5",
            "split.seed: a search leaves split as it is, or its trials would not answer the same question",
        ),
    ],
)
def test_what_cannot_be_searched_is_told(asked: str, message: str) -> None:
    assert told("baselines/ease", asked) == message


def test_a_choice_that_is_no_component_is_told_with_those_that_are() -> None:
    message = told("movielens_sage", "loss.name=bpr,bce2")
    assert message.startswith("loss.name=bpr, bce2: no loss is called 'bce2'; did you mean 'bce'?")


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert told("movielens_lightgcn", "encoder.channels=0..2", "encoder.layers=x,y").count("\n") == 1


def test_a_grid_is_every_setting_and_a_component_brings_its_own() -> None:
    found = space("movielens_sage", "loss.name=bpr,softmax", "loss.temperature=0.1,0.2", "encoder.layers=1..2")
    assert points(found, load_recipe("movielens_sage")) == [
        *({"loss.name": "bpr", "encoder.layers": layers} for layers in (1, 2)),
        *(
            {"loss.name": "softmax", "loss.temperature (softmax)": temperature, "encoder.layers": layers}
            for temperature in (0.1, 0.2)
            for layers in (1, 2)
        ),
    ]
    doubled = space("movielens_sage", "encoder.channels=16..100:log")
    assert [each["encoder.channels"] for each in points(doubled, load_recipe("movielens_sage"))] == [16, 32, 64]


def test_a_grid_needs_an_end() -> None:
    found = space("baselines/ease", "scorer.l2=1..2")
    with pytest.raises(UsageError, match=r"scorer\.l2=1\.\.2 has no end of values for a grid; name some"):
        points(found, load_recipe("baselines/ease"))
    many = space("movielens_sage", "encoder.channels=1..200", "encoder.layers=1..200")
    with pytest.raises(UsageError, match="a grid of more than 10,000 settings"):
        points(many, load_recipe("movielens_sage"))


def test_a_declared_range_that_does_not_go_with_the_recipe_is_left_out_and_one_that_is_asked_for_told() -> None:
    found = {axis.key for axis in space("movielens_sage_minibatch").axes}
    assert found == {"encoder.channels", "encoder.init_std", "encoder.aggregation", "trainer.learning_rate"}
    assert "trainer.fan_out: expected one number for each of the encoder's 1 layers, got 2" in told(
        "movielens_sage_minibatch", "encoder.layers=1..3"
    )
