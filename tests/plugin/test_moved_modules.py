from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

import pytest

import gnnrec
from gnnrec.plugin.moved_modules import MOVED
from gnnrec.plugin.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

DOCUMENTED = {
    "layerwise": "gnnrec.modelling.layerwise",
    "link_sampling": "gnnrec.graph.link_sampling",
    "neighbor_sampling": "gnnrec.graph.neighbor_sampling",
    "pair_sampling": "gnnrec.graph.pair_sampling",
    "pair_scores": "gnnrec.graph.pair_scores",
    "propagation": "gnnrec.graph.propagation",
    "model": "gnnrec.modelling.model",
    "training": "gnnrec.contract.training",
    "contracts": "gnnrec.contract.kinds",
}
"""Modules that gnnrec 0.1 documented."""


@pytest.mark.parametrize(("old", "new"), DOCUMENTED.items())
def test_a_moved_module_is_told_with_its_new_name(old: str, new: str) -> None:
    message = f"^gnnrec.{old} is now {new}$"
    with pytest.raises(ModuleNotFoundError, match=message):
        importlib.import_module(f"gnnrec.{old}")
    with pytest.raises(ModuleNotFoundError, match=message):
        exec(f"from gnnrec import {old}")  # noqa: S102 - the other way of writing it
    with pytest.raises(AttributeError, match=message):
        getattr(gnnrec, old)
    assert importlib.util.find_spec(new) is not None


@pytest.mark.parametrize("new", MOVED.values())
def test_every_new_name_is_a_module(new: str) -> None:
    assert importlib.util.find_spec(new) is not None


def test_what_never_was_is_not_found_as_ever() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'gnnrec\.nothing'"):
        importlib.import_module("gnnrec.nothing")


def test_a_plugin_of_01_is_left_out_with_the_new_name(plugin: Callable[[str, str], EntryPoint]) -> None:
    registry = Registry([plugin("old_plugin", "from gnnrec.propagation import propagate")])
    assert registry.plugins[0].state == "failed"
    assert "gnnrec.propagation is now gnnrec.graph.propagation" in registry.plugins[0].error
