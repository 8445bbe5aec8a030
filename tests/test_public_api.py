from __future__ import annotations

import importlib
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from public_api import SNAPSHOT, public_api

import gnnrec
from gnnrec import load_recipe
from gnnrec.contract import hookspecs
from gnnrec.plugin.registry import Registry, installed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

DOCS = Path(__file__).parents[1] / "docs"

OLD = """
    from typing import Annotated, ClassVar
    from pydantic import BaseModel, ConfigDict, Field
    class Part(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        width: Annotated[int, Field(deprecated="use part.channels")] = 3
    class Old(Encoder):
        deprecated: ClassVar[str] = "use new_gat"
        name: Literal["old_gat"] = "old_gat"
        channels: int = 3
        width: Annotated[int | None, Field(deprecated="use channels")] = None
        part: Part = Part()
        def build(self, graph): ...
    @hookimpl
    def gnnrec_components():
        return (Old,)
    """


def test_what_is_public_is_what_is_promised() -> None:
    promised, public = SNAPSHOT.read_text(encoding="utf-8").splitlines(), public_api(installed()).splitlines()
    gone, new = [line for line in promised if line not in public], [line for line in public if line not in promised]
    assert (gone, new, public) == ([], [], promised), (
        "the public API has changed. If that is meant: deprecate before you take away (docs/stability.md), raise the "
        "minor version where something is gone, add a line to CHANGELOG.md, and run "
        "`python tests/support/public_api.py`"
    )


def test_the_promise_notices_what_is_gone_and_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    before = public_api(installed())
    monkeypatch.setattr(gnnrec, "__all__", [name for name in gnnrec.__all__ if name != "load_run"])
    assert "load_run(" in before
    assert "load_run(" not in public_api(installed())
    fewer = Registry([])  # without components
    assert "encoder hetero_sage" in before
    assert "encoder hetero_sage" not in public_api(fewer)


def test_every_public_name_is_there_once_and_nothing_else_is_offered() -> None:
    assert gnnrec.__all__ == sorted(set(gnnrec.__all__))
    assert dir(gnnrec) == gnnrec.__all__
    assert [name for name in gnnrec.__all__ if getattr(gnnrec, name, None) is None] == []
    with pytest.raises(AttributeError, match="module 'gnnrec' has no attribute 'registryy'"):
        _ = gnnrec.registryy


def test_every_hook_is_documented() -> None:
    text = (DOCS / "contracts.md").read_text(encoding="utf-8")
    hooks = [name for name in vars(hookspecs) if name.startswith("gnnrec_")]
    assert len(hooks) == 5
    assert [name for name in hooks if f"`{name}(" not in text] == []


def test_a_renamed_public_name_works_and_says_what_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gnnrec, "_RENAMED", {"train": "run", "Coder": "Encoder"})
    with pytest.warns(DeprecationWarning, match=r"^gnnrec.train is now gnnrec.run$") as caught:
        assert gnnrec.train is gnnrec.run
    assert caught[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"^gnnrec.Coder is now gnnrec.Encoder$"):
        assert gnnrec.Coder is gnnrec.Encoder


def test_a_recipe_that_uses_what_is_deprecated_is_warned_in_place(
    plugin: Callable[[str, str], EntryPoint],
    toy_text: str,
    tmp_path: Path,
    log: pytest.LogCaptureFixture,
) -> None:
    registry = Registry(
        [importlib.import_module("importlib.metadata").EntryPoint("toy", "toy_plugin", "gnnrec"), plugin("old", OLD)]
    )
    assert [record.error for record in registry.plugins] == ["", ""]
    path = tmp_path / "r.yaml"
    section = re.compile(r"encoder:\n(  .*\n)+")
    path.write_text(section.sub("encoder:\n  name: old_gat\n  width: 4\n  part: {width: 2}\n", toy_text))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recipe = load_recipe(path, registry=registry)
    assert [record.getMessage() for record in log.records] == [
        f"{path}:14:9  encoder.name: encoder 'old_gat' is deprecated: use new_gat",
        f"{path}:15:3  encoder.width: this is deprecated: use channels",
        f"{path}:16:10  encoder.part.width: this is deprecated: use part.channels",
    ]
    with pytest.warns(DeprecationWarning, match="use channels"):
        assert recipe.encoder.width == 4  # type: ignore[union-attr]

    log.clear()
    path.write_text(toy_text)
    load_recipe(path, registry=registry)
    assert log.records == []


def test_show_says_what_is_deprecated(
    gnnrec: Callable[..., subprocess.CompletedProcess[str]], plugin: Callable[[str, str], EntryPoint]
) -> None:
    plugin("old", OLD)
    shown = gnnrec("-p", "old.py", "show", "encoder", "old_gat").stdout
    assert "\ndeprecated: use new_gat\n" in shown
    (line,) = [line for line in shown.splitlines() if line.startswith("width")]
    assert line.endswith("deprecated: use channels.")
