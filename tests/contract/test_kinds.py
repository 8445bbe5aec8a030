from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from pydantic import ValidationError
from toy_plugin import Mean, Steps

import gnnrec
from gnnrec.contract import hookspecs
from gnnrec.contract.attribute_docstrings import attribute_docstrings
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import installed

METHODS = {
    "dataset": "load",
    "filters": "apply",
    "features": "fit",
    "split": "split",
    "graph": "build",
    "negatives": "build",
    "encoder": "build",
    "decoder": "build",
    "loss": "build",
    "trainer": "fit",
    "scorer": "fit",
    "metric": "measure",
}


@pytest.mark.parametrize(
    "names", ["hookimpl, " + ", ".join(each.__name__ for each in CONTRACTS.values()), "RecipeError"]
)
def test_what_a_plugin_imports_brings_neither_torch_nor_pandas(names: str) -> None:
    program = (
        f"import sys; from gnnrec import {names}; print(sorted({{'torch', 'pandas', 'numpy'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_on_purpose() -> None:
    assert gnnrec.__all__ == sorted(gnnrec.__all__)
    assert len(set(gnnrec.__all__)) == len(gnnrec.__all__)
    for name in gnnrec.__all__:
        assert getattr(gnnrec, name) is not None
    assert dir(gnnrec) == gnnrec.__all__


def test_every_contract_and_every_error_is_public() -> None:
    errors = {name for name, value in vars(gnnrec.errors).items() if inspect.isclass(value)} - {"PluginError"}
    assert errors | {contract.__name__ for contract in CONTRACTS.values()} <= set(gnnrec.__all__)


def test_a_name_that_gnnrec_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'gnnrec' has no attribute 'torch_geometric'$"):
        gnnrec.torch_geometric  # noqa: B018 - looking it up is the test


def test_every_kind_has_a_contract_with_its_one_abstract_method() -> None:
    # What a feature encoder learned is saved with the run, so it alone has another, which reads that.
    more = {"features": {"restore"}}
    assert {kind: set(contract.__abstractmethods__) for kind, contract in CONTRACTS.items()} == {
        kind: {method} | more.get(kind, set()) for kind, method in METHODS.items()
    }
    assert all(contract.kind == kind for kind, contract in CONTRACTS.items())


def test_every_contract_its_method_and_its_fields_are_documented() -> None:
    for kind, contract in CONTRACTS.items():
        assert contract.summary().endswith(".")
        assert getattr(contract, METHODS[kind]).__doc__
        silent = sorted(contract.model_fields.keys() - attribute_docstrings(contract).keys())
        assert silent == []


def test_every_hook_is_documented() -> None:
    hooks = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("gnnrec_")}
    assert sorted(hooks) == [
        "gnnrec_commands",
        "gnnrec_components",
        "gnnrec_epoch_ended",
        "gnnrec_run_ended",
        "gnnrec_run_started",
    ]
    assert all(hook.__doc__.endswith(".") for hook in hooks.values())


def test_a_component_is_frozen_and_takes_nothing_unknown_and_no_infinity() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        Mean().channels = 3
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Mean(chanels=3)
    with pytest.raises(ValidationError, match="Input should be a finite number"):
        Steps(rate=float("inf"))


def test_equal_fields_make_equal_components_that_can_be_keys() -> None:
    assert {Mean(channels=3, sizes=(1, 2)): "here"}[Mean(sizes=(1, 2), channels=3)] == "here"
    assert Mean(channels=3) != Mean(channels=4)


def test_a_component_knows_its_name_and_the_first_line_of_its_docstring() -> None:
    assert (Mean.kind, Mean.component_name(), Mean.summary()) == ("encoder", "mean", "A mean of neighbours.")


def test_every_installed_component_is_documented_and_frozen() -> None:
    for kind in CONTRACTS:
        for name, component in installed().components(kind).items():
            assert component.summary().endswith("."), name
            assert component.model_config["frozen"], name
            assert component.model_config["extra"] == "forbid", name


def test_a_default_is_checked_like_any_value() -> None:
    from pydantic import PositiveInt

    class Wrong(gnnrec.Loss):
        name: str = "wrong"
        margin: PositiveInt = -1

        def build(self) -> None: ...

    with pytest.raises(ValidationError, match="Input should be greater than 0"):
        Wrong()
