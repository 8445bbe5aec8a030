from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from gnnrec import load_recipe
from gnnrec.cli.init import init
from gnnrec.errors import GnnrecError
from gnnrec.plugin.registry import installed
from gnnrec.recipe.json_schema import json_schema
from gnnrec.recipe.load import shipped_recipes

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., subprocess.CompletedProcess[str]]

FIELD_BEHIND_A_HASH = re.compile(r"^( *)# ([a-z][a-z0-9_]*: )", re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def begin(*arguments: str) -> None:
    """The command in this process."""
    app = typer.Typer()
    app.command()(init)
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None:
        raise result.exception


@pytest.mark.parametrize("name", shipped_recipes())
def test_what_is_begun_from_a_shipped_recipe_is_that_recipe(name: str, here: Path) -> None:
    begin("mine", "--from", name)
    expected = load_recipe(name, {"name": "mine"})
    assert load_recipe("mine.yaml") == expected
    text = (here / "mine.yaml").read_text()
    with_defaults, count = FIELD_BEHIND_A_HASH.subn(r"\1\2", text)
    assert count >= 5
    (here / "mine.yaml").write_text(with_defaults)
    assert load_recipe("mine.yaml") == expected


def test_it_opens_with_its_command_and_the_schema_that_lies_beside_it(here: Path) -> None:
    begin()
    lines = (here / "recipe.yaml").read_text().splitlines()
    assert lines[:2] == ["# gnnrec run recipe.yaml", "# yaml-language-server: $schema=recipe.schema.json"]
    assert json.loads((here / "recipe.schema.json").read_text()) == json_schema(installed())
    assert sorted(path.name for path in here.iterdir()) == ["recipe.schema.json", "recipe.yaml"]
    assert max(map(len, lines)) <= 120


def test_fields_have_the_meaning_and_default_of_their_component_and_others_are_named(here: Path) -> None:
    begin()
    text = (here / "recipe.yaml").read_text()
    encoder = text[text.index("# Graph to embeddings.") : text.index("# Embeddings to scores.")]
    others = sorted(set(installed().components("encoder")) - {"hetero_sage"})
    field = installed().component("encoder", "hetero_sage").model_json_schema()["properties"]["init_std"]
    assert f"# Others: {', '.join(others)}." in encoder
    assert re.search(rf"^  # init_std: 1\.0 +# {re.escape(field['description'])}$", encoder, re.MULTILINE)
    assert "  learning_rate: 0.002        # Step size of the optimizer. Default 0.001.\n" in text


def test_a_plugins_components_are_told_as_the_built_in_ones_are(
    gnnrec: Command, install: Callable[[str, str], None], toy: Path, tmp_path: Path
) -> None:
    install("toys", "toy = toy_plugin")
    done = gnnrec("init", "sub.yaml", "--from", str(toy))
    assert (done.returncode, done.stdout) == (0, "Next:\n  gnnrec validate sub.yaml\n  gnnrec run sub.yaml\n")
    assert done.stderr == "written to recipe.schema.json\nwritten to sub.yaml\n"
    text = (tmp_path / "sub.yaml").read_text()
    assert re.search(r"^  channels: 8 +# Size of every embedding\. Default 64\.$", text, re.MULTILINE)
    assert re.search(r"^# Others: (?:.*\n# )?.*\blookup\b.*\n(?:# .*\n)?encoder:$", text, re.MULTILINE)
    assert gnnrec("validate", "sub.yaml").stdout == "sub.yaml: valid\n"


def test_no_file_is_overwritten_unasked(here: Path) -> None:
    (here / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(GnnrecError, match=r"^mine\.yaml exists; --force overwrites it$"):
        begin("mine")
    assert (here / "mine.yaml").read_text() == "name: mine\n"
    assert [path.name for path in here.iterdir()] == ["mine.yaml"]
    (here / "recipe.schema.json").write_text("{}")
    begin("other")
    assert (here / "recipe.schema.json").read_text() == "{}"
    begin("mine.yaml", "--force")
    assert load_recipe("mine.yaml").encoder == load_recipe("movielens_sage").encoder
    assert json.loads((here / "recipe.schema.json").read_text()) == json_schema(installed())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no/such/mine"], r"^there is no folder no/such to write mine\.yaml in; make it first$"),
        (["recipe.schema.json"], r"^recipe\.schema\.json is where the schema goes; give the recipe another name$"),
        (["a\nb"], r"^expected the name of a file to write, got 'a\\nb'$"),
        (["mine", "--from", "movielens_sgae"], r"no shipped recipe of that name; did you mean 'movielens_sage'\?$"),
    ],
)
def test_what_cannot_be_begun_is_told_and_leaves_nothing(arguments: list[str], said: str, here: Path) -> None:
    with pytest.raises(GnnrecError, match=said):
        begin(*arguments)
    assert list(here.iterdir()) == []


def test_the_command_in_the_header_can_be_pasted(here: Path) -> None:
    (here / "my recipes").mkdir()
    begin("my recipes/first try")
    text = (here / "my recipes" / "first try.yaml").read_text()
    assert text.startswith("# gnnrec run 'my recipes/first try.yaml'\n")
    assert load_recipe("my recipes/first try.yaml").name == "first-try"
    assert (here / "my recipes" / "recipe.schema.json").is_file()
