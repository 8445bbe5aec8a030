"""What the documents show is what the code does: each code block is run or, where it is a command, read.

A block that opens with a comment such as `# my_losses.py` is that file. Python blocks are modules, each imported by
itself in a folder that holds the documents' files, small data in the place of MovieLens and two finished runs.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import subprocess
import sys
import tomllib
import zlib
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import document_folder
import pluggy
import pytest
import torch
import typer
from document_checks import (
    check_python,
    check_sh,
    check_toml,
    check_yaml,
    components_of,
    in_place,
    is_whole,
    module_of,
    plain,
)
from documents import BLOCKS, DOCUMENTS, ROOT, Block, blocks, blocks_of, section
from pydantic import errors as pydantic_errors
from shown_commands import CommandLine, commands
from toys import movielens_like, small_recipe

import gnnrec.cli.app
import gnnrec.testing
from gnnrec import RecipeError
from gnnrec.pipeline import run
from gnnrec.plugin.registry import Registry
from gnnrec.plugin.variables import DISABLE_VARIABLE
from gnnrec.recipe.load import load_recipe, shipped_recipes, to_yaml
from gnnrec.testing import ContractViolation, encoder

if TYPE_CHECKING:
    from collections.abc import Iterator

SWAPPING = "docs/swapping.md"
REFUSED = section(SWAPPING, "What is refused")
"""Commands in it are wrong on purpose."""


@contextmanager
def entered(folder: Path) -> Iterator[None]:
    """The documents' folder as the working folder, its modules importable, its data found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GNNREC_DATA", str(folder / "data"))
        patch.syspath_prepend(str(folder))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The documents' folder; what was imported from it is forgotten in the end."""
    folder = tmp_path_factory.mktemp("documents")
    with entered(folder):
        document_folder.fill()
    yield folder
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").parent == folder:
            del sys.modules[name]


@pytest.fixture
def inside(folder: Path) -> Iterator[Path]:
    """The test runs in the documents' folder."""
    with entered(folder):
        yield folder


@pytest.fixture(scope="module")
def registry(folder: Path) -> Registry:
    """gnnrec's own plugins, those that the documents show, and one plugin of the components without a hook."""
    with entered(folder):
        shown = {block.module: block for block in blocks("python") if re.search("^(class|@)", block.code, re.MULTILINE)}
        modules = {name: module_of(block) for name, block in shown.items()}
        plugins = [name for name, module in modules.items() if "@hookimpl" in shown[name].code]
        others = {
            component.__name__: name
            for name, module in modules.items()
            if name not in plugins
            for component in components_of(module)
        }
        collected = [f"from {module} import {component}\n" for component, module in others.items()]
        hook = f"from gnnrec import hookimpl\n@hookimpl\ndef gnnrec_components(): return [{', '.join(others)}]\n"
        Path("collected.py").write_text("".join(collected) + hook, encoding="utf-8")
        points = [EntryPoint(name, name, "gnnrec") for name in (*plugins, "collected")]
        own = [
            point for point in entry_points(group="gnnrec") if point.dist is not None and point.dist.name == "gnnrec"
        ]
        registry = Registry([*own, *points])
    assert [plugin.error for plugin in registry.plugins if plugin.error] == []
    return registry


@pytest.fixture(scope="module")
def command_line(registry: Registry) -> Iterator[CommandLine]:
    """The application with the commands of the documents' plugins too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gnnrec.plugin.registry.installed", lambda: registry)
        yield CommandLine(typer.main.get_command(gnnrec.cli.app.build_app()), registry)


def test_every_block_is_in_a_language_that_is_checked() -> None:
    assert {block.language for block in BLOCKS} == {"python", "yaml", "toml", "sh", "text"}  # text is output, no code
    assert len(blocks("python")) >= 20


@pytest.mark.parametrize("block", blocks("python"), ids=str)
@pytest.mark.usefixtures("inside", "registry")
def test_python_runs_and_its_components_keep_their_contracts(block: Block) -> None:
    check_python(block)


@pytest.mark.parametrize(
    "block", [block for block in blocks("yaml") if block.document != SWAPPING or is_whole(block.code)], ids=str
)
@pytest.mark.usefixtures("inside")
def test_recipes_and_sections_are_valid(block: Block, registry: Registry) -> None:
    check_yaml(block, registry)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_names_what_is_shown(block: Block) -> None:
    check_toml(block)


@pytest.mark.parametrize("block", [block for block in blocks("sh") if block.code not in REFUSED], ids=str)
@pytest.mark.usefixtures("inside")
def test_commands_are_those_of_the_command_line(block: Block, command_line: CommandLine) -> None:
    check_sh(block, command_line)


@pytest.mark.parametrize(
    ("language", "code", "message"),
    [
        ("python", "import gnnrec\ngnnrec.lod_run", "module 'gnnrec' has no attribute 'lod_run'"),
        ("python", "def test_it(): assert 1 == 2", ""),
        (
            "python",
            blocks("python", "README.md")[-1].code.partition("\n")[2].replace(".mean()", ""),
            "loss 'my_bpr' (BPR) fails gives_a_finite_scalar",
        ),
        ("yaml", "extends: movielens_sage\nencoder: {chanels: 3}", "encoder.chanels: unknown key"),
        ("yaml", "trainer: {name: device_aware, epochs: 0}", "expected greater than 0, got 0"),
        ("toml", "[project.entry-points.gnnrec]\nmine = 'not_shown'", "no document shows {'not_shown'}"),
        ("toml", "[project]\ndependencies = ['gnnrec>=999']", ""),
        ("toml", "[project", "Expected ']'"),
        ("sh", "gnrec run movielens_sage", "gnrec is not among the programs"),
        ("sh", "gnnrec rum movielens_sage", "No such command 'rum'"),
        ("sh", "gnnrec compare movielens_sage --seed 3", "No such option: --seed"),
        ("sh", "gnnrec compare movielens_sage --seeds three", "valid integer"),
        ("sh", "gnnrec run movielens_sag", "no shipped recipe of that name"),
        ("sh", "X=1 gnnrec run movielens_sage \\\n  -s loss.name=brp  # really", "no loss is called 'brp'"),
        ("sh", "pip install x && gnnrec show loss my_loss", "there is no loss my_loss"),
        ("sh", "gnnrec data describe table -s pat=ratings.csv", "unknown key; did you mean 'path'?"),
        ("sh", "gnnrec evaluate RUN -s evaluation.k=[0]", "expected greater than 0, got 0"),
        ("sh", "gnnrec hello --nam Ann", "No such option: --nam"),
        ("sh", "gnnrec -p other.py list", "no document shows other.py"),
    ],
)
@pytest.mark.usefixtures("inside")
def test_a_wrong_block_is_found(
    language: str, code: str, message: str, registry: Registry, command_line: CommandLine
) -> None:
    block = Block("wrong", zlib.crc32(code.encode()), language, code)
    check = {
        "python": lambda: check_python(block),
        "yaml": lambda: check_yaml(block, registry),
        "toml": lambda: check_toml(block),
        "sh": lambda: check_sh(block, command_line),
    }[language]
    with pytest.raises((Exception, AssertionError)) as caught:
        check()
    assert message in str(getattr(caught.value, "message", caught.value))


def named_variables(*folders: str) -> set[str]:
    """The environment variables of gnnrec that the source names."""
    text = "".join(path.read_text(encoding="utf-8") for each in folders for path in (ROOT / each).rglob("*.py"))
    return set(re.findall(r"GNNREC_[A-Z_]+", text))


def test_the_variables_that_documents_name_are_read_by_the_code() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    shown = set(re.findall(r"GNNREC_[A-Z_]+", text))
    assert shown <= named_variables("gnnrec", "plugins")


# What single documents promise


def test_the_readme_plugin_fits_on_fifteen_lines(inside: Path) -> None:
    (block,) = (block for block in blocks("python", "README.md") if "hookimpl" in block.code)
    assert sum(bool(line.strip()) for line in block.code.splitlines()) <= 15
    (component,) = module_of(block).gnnrec_components()
    loss = component().build()(torch.tensor([1.0]), torch.tensor([[1.0, 1.0]]))
    assert float(loss) == pytest.approx(0.6931, abs=1e-4)
    assert inside.is_dir()


def test_the_shown_distribution_is_built_and_found(tmp_path: Path, inside: Path) -> None:
    (block,) = (block for block in blocks("toml") if "build-system" in block.code)
    name = tomllib.loads(block.code)["project"]["name"]
    for file in (block.file, f"{name.replace('-', '_')}.py"):
        (tmp_path / file).write_bytes((inside / file).read_bytes())
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel('.'))"
    built = subprocess.run([sys.executable, "-c", build], cwd=tmp_path, capture_output=True, text=True, check=True)
    wheel = tmp_path / built.stdout.split()[-1]
    environment = os.environ | {"PYTHONPATH": str(wheel)}
    program = [sys.executable, "-c", "from gnnrec.cli import main; main()"]
    listed = subprocess.run(
        [*program, "list", "loss", "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert {"my_bpr": "my_losses"}.items() <= {row["name"]: row["plugin"] for row in json.loads(listed.stdout)}.items()


def test_the_shown_command_greets(command_line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    (words,) = [words for block in blocks("sh") for words in commands(block.code) if words[:2] == ["gnnrec", "hello"]]
    command_line.group.main(words[1:], standalone_mode=False)
    assert capsys.readouterr().out == "hello Ann\n"


def test_the_examples_of_the_contracts_make_a_recipe_together(inside: Path, registry: Registry) -> None:
    found = {
        component.kind: component.component_name()
        for block in blocks("python", "docs/contracts.md")
        for component in components_of(module_of(block))
    }
    assert list(found) == list(gnnrec.contract.kinds.CONTRACTS)
    metric, scorer, features, filters = (found.pop(kind) for kind in ("metric", "scorer", "features", "filters"))
    sections: dict[str, Any] = {kind: {"name": name} for kind, name in found.items()}
    sections["features"] = {side: [{"name": features}] for side in ("user", "item")}
    sections["filters"] = [{"name": filters}]
    sections["evaluation"] = {"metrics": [metric], "k": [5]}
    sections["trainer"] |= {"epochs": 3, "monitor": f"{metric}@5"}
    for name, kinds in (("together", set(sections)), ("closed", {"dataset", "filters", "split", "evaluation"})):
        chosen: dict[str, Any] = {kind: sections[kind] for kind in sections if kind in kinds}
        chosen |= {"scorer": {"name": scorer}} if name == "closed" else {}
        Path(f"{name}.yaml").write_text(to_yaml(chosen), encoding="utf-8")
        done = run(load_recipe(f"{name}.yaml", registry=registry))
        assert 0 <= done.metrics["test"][f"{metric}@5"] <= 1
    assert inside.is_dir()


SOURCES = [block for block in blocks("yaml", "docs/own_data.md") if is_whole(block.code)]


@pytest.mark.parametrize("block", SOURCES, ids=lambda block: block.file)
def test_a_recipe_of_under_fifteen_lines_runs_on_each_source(
    block: Block, inside: Path, registry: Registry, command_line: CommandLine
) -> None:
    """Each finds all of the checkerboard."""
    lines = [line for line in block.code.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) < 15
    command = re.match(r"# (\S+): gnnrec run \1$", block.code.partition("\n")[0])
    assert command, "the first line says what it is called, and how it is run"
    if "converted" in block.code:
        (words,) = [
            words for each in blocks("sh", block.document) for words in commands(each.code) if "convert" in words
        ]
        command_line.group.main(words[1:], standalone_mode=False)
    quick = {} if "item_knn" in block.code else {"trainer.epochs": 1, "encoder.channels": 8, "trainer.device": "cpu"}
    done = run(load_recipe(inside / command[1], quick, registry=registry))
    assert (len(done.users), len(done.items), len(done.split.interactions)) == (12, 16, 96)


def test_there_is_a_recipe_for_every_data_set_that_reads_files_of_one_s_own(registry: Registry) -> None:
    shown = {str(plain(block.code)["dataset"]["name"]) for block in SOURCES}
    assert shown == set(registry.components("dataset")) - {"movielens", "plays"}


def swaps() -> list[tuple[Block, Block, Block]]:
    """Of each swap that is shown: before, after, and the command."""
    shown = [block for block in blocks_of(ROOT / SWAPPING) if block.language in {"yaml", "sh"}]
    parts = [block for block in shown if block.language == "yaml" and not is_whole(block.code)]
    found = [(parts[at], parts[at + 1], shown[shown.index(parts[at + 1]) + 1]) for at in range(0, len(parts), 2)]
    assert all(command.language == "sh" for _, _, command in found)
    return found


@pytest.mark.parametrize(("before", "after", "command"), swaps(), ids=str)
@pytest.mark.usefixtures("inside")
def test_a_swap_in_the_file_by_arguments_and_by_extending_is_the_same(
    before: Block, after: Block, command: Block, registry: Registry
) -> None:
    (words,) = commands(command.code)
    name, assignments = words[2], words[4::2]
    old, new = plain(before.code), plain(after.code)
    shipped = plain(shipped_recipes()[name].read_text(encoding="utf-8"))
    assert {key: shipped[key] for key in old} == old
    wanted = load_recipe(name, assignments, registry=registry)
    assert in_place(after.code, name, registry, without=before.code) == wanted
    assert wanted != load_recipe(name)
    gone = "".join(f"{key}: null\n" for key in old if key not in new)
    text = f"name: {wanted.name}\nextends: {name}\n{after.code}{gone}"
    Path("extending.yaml").write_text(text, encoding="utf-8")
    assert load_recipe("extending.yaml", registry=registry) == wanted


def test_a_swap_is_shown_for_each_section_of_a_recipe() -> None:
    shown = {key for before, after, _ in swaps() for key in plain(before.code) | plain(after.code)}
    assert shown == {*gnnrec.contract.kinds.CONTRACTS} - {"metric"}


@pytest.mark.usefixtures("inside")
def test_what_is_refused_reads_as_it_is_shown() -> None:
    shown = [block for block in blocks_of(ROOT / SWAPPING) if block.code in REFUSED]
    pairs = list(zip(shown[::2], shown[1::2], strict=True))
    assert len(pairs) == 5
    for command, text in pairs:
        (words,) = commands(command.code)
        with pytest.raises(RecipeError) as caught:
            load_recipe(words[2], words[4::2])
        folder = f"{shipped_recipes()[words[2]].parent}{os.sep}"
        assert str(caught.value).replace(folder, "") + "\n" == text.code


def test_the_messages_about_plugins_are_those_of_the_code() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "gnnrec").rglob("*.py"))
    source += Path(pluggy.PluginManager.register.__code__.co_filename).read_text(encoding="utf-8")
    source = source.replace("{DISABLE_VARIABLE}", DISABLE_VARIABLE)
    names = {*vars(builtins), *vars(pydantic_errors)}
    messages = re.findall(r"^\| `(.+?)` \|", section("docs/plugins.md", "When something is wrong"), flags=re.MULTILINE)
    messages = [message for message in messages if message not in {"loaded", "disabled", "failed"}]
    assert len(messages) > 12
    for message in messages:
        for part in re.split(r"'?…'?", message):
            known = part.strip(": ") in names or part.strip("'\"; ") in source
            assert known, f"{message}: nothing says {part!r}"


def test_the_trackers_example_is_told_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: Path) -> None:
    (block,) = blocks("python", "docs/trackers.md")
    tracker = module_of(block)
    recipe = small_recipe(movielens_like(tmp_path / "data"), trainer__epochs=2)
    run(recipe, out=tmp_path / "runs", observers=[tracker])  # it is not asked, and writes nothing
    monkeypatch.setenv("MY_TRACKER", str(tmp_path / "said.jsonl"))
    done = run(recipe, out=tmp_path / "runs", observers=[tracker])
    start, *epochs, end = map(json.loads, (tmp_path / "said.jsonl").read_text(encoding="utf-8").splitlines())
    assert (start["run"], start["recipe"]["seed"], start["counts"]["users"]) == (done.directory.name, recipe.seed, 12)
    assert [(line["epoch"], "val_loss" in line) for line in epochs] == [(1, True), (2, True)]
    assert end == {"run": done.directory.name, "status": "done", "metrics": done.metrics}
    assert inside.is_dir()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", document.read_text(encoding="utf-8")):
        file = document.parent / target if target else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}, anchor


@pytest.mark.parametrize("name", sorted(shipped_recipes()))
def test_shipped_recipes_are_valid_and_open_with_their_command(name: str) -> None:
    path = shipped_recipes()[name]
    assert path.read_text(encoding="utf-8").startswith(f"# gnnrec run {name}\n")
    assert load_recipe(path) == load_recipe(name)


def test_the_checks_document_names_every_check_and_shows_a_failure_as_it_reads() -> None:
    text = (ROOT / "docs/testing_components.md").read_text(encoding="utf-8")
    internal = {"Check", "ContractViolation", "InstalledComponent", "Rule"}
    assert [name for name in gnnrec.testing.__all__ if name not in text and name not in internal] == []
    (shown,) = blocks("text", "docs/testing_components.md")
    (rule,) = (rule for rule in encoder.RULES if rule.name in shown.code)
    mine: Any = type("MyEncoder", (), {"kind": "encoder", "name": "mine"})()
    assert f"{ContractViolation(rule, mine, 'embeddings.user differs by up to 3.02')}\n" == shown.code


@pytest.mark.usefixtures("inside", "registry")
def test_the_checks_document_checks_what_it_says() -> None:
    _, every, board = map(module_of, blocks("python", "docs/testing_components.md"))
    assert str(every.CHECKS[0]) == "loss-bce-keeps_the_rules_of_a_plugin"
    assert board.board.num_users == 12
