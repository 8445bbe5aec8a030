from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import gnnrec.testing
from gnnrec.contract.kinds import CONTRACTS
from gnnrec.plugin.registry import installed
from gnnrec.testing import check_component, checks_of, installed_components
from gnnrec.testing.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from gnnrec.testing import Check

OPTIONS: dict[str, dict[str, Any]] = {"scorer-popularity": {"personal": False}, "scorer-random": {"personal": False}}
"""What a component's checks have to be told."""


def checks() -> list[Any]:
    """All checks of all installed components whose defaults suffice."""
    found = []
    for each in installed_components():
        if each.instance is not None:
            each_check = checks_of(each.instance, **OPTIONS.get(str(each), {}))
            found += [pytest.param(check, id=str(check)) for check in each_check]
    return found


@pytest.mark.parametrize("check", checks())
def test_every_installed_component_keeps_its_contract(check: Check) -> None:
    check()


def test_a_table_of_ones_own_keeps_its_contract(tmp_path: Path) -> None:
    from gnnrec_datasets import Table

    path = tmp_path / "likes.csv"
    path.write_text("user,item,at\nann,tea,10\nbob,tea,20\nann,jam,30\n", encoding="utf-8")
    table = Table(path=str(path), timestamp="at")
    assert len(table.load()) == 3
    check_component(table)


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
