from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gnnrec.testing
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.data.conversion import write_converted
from gnnrec.plugin.registry import installed
from gnnrec.testing import check_component, checks_of, installed_components, toy_interactions
from gnnrec.testing.features import toy_items
from gnnrec.testing.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec import Interactions
    from gnnrec.testing import Check

FIELDS: dict[str, dict[str, Any]] = {
    "filters-min_rating": {"at_least": 3.0},
    "filters-between": {"start": "2001-09-09T02:00:00", "end": "2001-09-09T04:00:00"},
    "filters-sample_users": {"users": 7},
    "features-multi_hot": {"column": "genres"},
    "features-numeric": {"columns": ("year",)},
    "features-one_hot": {"column": "title"},
}
"""What has to be said of a component, for the toy."""


def divided() -> Interactions:
    """The toy, and it comes divided."""
    data = toy_interactions()
    return replace(data, parts=(np.arange(len(data)) % 10).clip(7, 9).astype(np.int8) - np.int8(7))


OPTIONS: dict[str, dict[str, Any]] = {
    "split-predefined": {"interactions": divided()},
    "features-numeric": {"table": toy_items().assign(year=range(1990, 1990 + len(toy_items())))},
    "features-year": {"table": toy_items().assign(title=[f"Movie ({year})" for year in range(1990, 2005)])},
    "scorer-popularity": {"personal": False},
    "scorer-random": {"personal": False},
}
"""What a component's checks have to be told."""

READ_A_FILE = {"dataset-table", "dataset-adjacency_list", "dataset-atomic", "dataset-converted", "features-vectors"}

BY_ITSELF = {*READ_A_FILE, "scorer-blend"}
"""Components that read a file, or are made of others: they have a test of their own."""


def checks() -> list[Any]:
    """All checks of all installed components but those."""
    found = []
    for each in installed_components():
        if str(each) not in BY_ITSELF:
            instance = each.component.model_validate(FIELDS.get(str(each), {}))
            found += [pytest.param(check, id=str(check)) for check in checks_of(instance, **OPTIONS.get(str(each), {}))]
    return found


@pytest.mark.parametrize("check", checks())
def test_every_installed_component_keeps_its_contract(check: Check) -> None:
    check()


def test_a_table_of_ones_own_keeps_its_contract(tmp_path: Path) -> None:
    from gnnrec_datasets import Table

    path = tmp_path / "likes.csv"
    path.write_text("user,item,at,stars\nann,tea,10,1\nbob,tea,20,2.5\nann,jam,30,4\n", encoding="utf-8")
    table = Table(path=str(path), timestamp="at", rating="stars")
    assert len(table.load()) == 3
    check_component(table)


def test_lists_and_atomic_files_of_ones_own_keep_their_contract(tmp_path: Path) -> None:
    from gnnrec_datasets import AdjacencyList, Atomic

    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "toy.inter").write_text("user_id:token\titem_id:token\nann\ttea\nbob\tjam\n", encoding="utf-8")
    (folder / "train.txt").write_text("1 5 7\n2 5\n", encoding="utf-8")
    check_component(Atomic(path=str(folder)))
    check_component(AdjacencyList(train=str(folder / "train.txt")))


def test_what_was_converted_keeps_its_contract(tmp_path: Path) -> None:
    from gnnrec_datasets import Converted

    write_converted(tmp_path / "made", divided(), "none")
    check_component(Converted(path=str(tmp_path / "made")))


def test_installed_components_are_all_those_of_the_registry_with_their_owners() -> None:
    every = {(each.kind, each.component, each.plugin) for each in installed_components()}
    registry = installed()
    assert every == {
        (kind, component, registry.owner(component).name)
        for kind in CONTRACTS
        for component in registry.components(kind).values()
    }
    assert {str(each) for each in installed_components("dataset")} >= {"dataset-movielens", "dataset-table"}
    assert {each.kind for each in installed_components(plugin="gnnrec_losses")} == {"loss"}
    assert [each.instance for each in installed_components("dataset") if str(each) == "dataset-table"] == [None]


def test_there_is_a_check_for_every_kind() -> None:
    assert list(KINDS) == list(CONTRACTS)
    for kind, contract in CONTRACTS.items():
        check = getattr(gnnrec.testing, f"check_{kind}")
        with pytest.raises(TypeError, match=rf"^expected an instance of gnnrec\.{contract.__name__}, got "):
            check(contract)


def test_a_class_in_place_of_an_instance_is_refused() -> None:
    from gnnrec_decoders import Dot

    with pytest.raises(TypeError, match=r"got <class 'gnnrec_decoders\.dot\.Dot'>; make an instance of it$"):
        checks_of(Dot)
    with pytest.raises(TypeError, match=r"^expected a component of one of the kinds dataset, .*, got 3$"):
        check_component(3)


def test_every_public_name_of_the_checks_is_there_on_purpose() -> None:
    assert gnnrec.testing.__all__ == sorted(gnnrec.testing.__all__)
    assert all(hasattr(gnnrec.testing, name) for name in gnnrec.testing.__all__)


@pytest.mark.slow
def test_the_checks_need_neither_pytest_nor_a_plugin() -> None:
    program = """
        import sys, gnnrec.testing
        print(sorted(name for name in sys.modules if name in {"pytest", "hypothesis"} or name.startswith("gnnrec_")))
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "\n".join(map(str.strip, program.splitlines()))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
