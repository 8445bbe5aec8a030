from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import __version__, load_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Finished = subprocess.CompletedProcess[str]
    Command = Callable[..., Finished]
    Install = Callable[[str, str], None]
    Write = Callable[[str, str], Path]

BUILT_IN = [
    ("dataset", "movielens", "gnnrec_datasets"),
    ("features", "genre_onehot", "gnnrec_features"),
    ("split", "random_link", "gnnrec_splits"),
    ("graph", "bipartite", "gnnrec_graphs"),
    ("negatives", "static", "gnnrec_negatives"),
    ("encoder", "hetero_sage", "gnnrec_encoders"),
    ("decoder", "dot", "gnnrec_decoders"),
    ("loss", "bce", "gnnrec_losses"),
    ("trainer", "device_aware", "gnnrec_trainers"),
]
NO_SUCH_KEY = "-s encoder.chanels=32  encoder.chanels: unknown key; did you mean 'channels'?\n"


def answer(finished: Finished) -> Any:
    """The JSON on stdout of a command that did well and complained of nothing."""
    assert (finished.returncode, finished.stderr) == (0, "")
    return json.loads(finished.stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["list"],
        ["show", "encoder", "hetero_sage"],
        ["validate", "movielens_sage"],
        ["resolve", "movielens_sage"],
        ["schema"],
        ["init"],
        ["plugins"],
        ["data", "list"],
        ["run", "movielens_sage", "-s", "encoder.chanels=32"],
    ],
    ids=" ".join,
)
def test_what_trains_nothing_imports_no_torch_and_no_pandas(arguments: list[str], tmp_path: Path) -> None:
    program = f"""
import sys
from gnnrec.cli import main
sys.argv = ["gnnrec", *{arguments}]
try:
    main()
except SystemExit as end:
    print(end.code, *sorted({{"torch", "torch_geometric", "pandas"}} & sys.modules.keys()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    said = {"run": "2", "data": "0 pandas"}  # a wrong recipe; and whoever lists data looks into them
    assert done.stderr.splitlines()[-1] == said.get(arguments[0], "0")


def test_help_names_every_command(gnnrec: Command) -> None:
    done = gnnrec("--help")
    assert done.returncode == 0
    for command in ("run", "init", "validate", "resolve", "schema", "list", "show", "plugins", "doctor", "data"):
        assert re.search(f"^  {command} +[A-Z]", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("group", [[], ["data"], ["new"]])
def test_a_group_without_a_command_answers_with_its_help(gnnrec: Command, group: list[str]) -> None:
    done = gnnrec(*group)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout == gnnrec(*group, "--help").stdout


def test_a_command_that_is_not_there_is_told_with_the_nearest(gnnrec: Command) -> None:
    done = gnnrec("runn")
    assert done.returncode == 2
    assert done.stderr.endswith("Error: No such command 'runn'. Did you mean 'run', 'runs'?\n")


def test_version_is_printed(gnnrec: Command) -> None:
    done = gnnrec("--version")
    assert (done.returncode, done.stdout) == (0, f"gnnrec {__version__}\n")


def test_list_has_every_built_in_component_with_its_plugin(gnnrec: Command) -> None:
    rows = answer(gnnrec("list", "--json"))
    assert set(BUILT_IN) <= {(row["kind"], row["name"], row["plugin"]) for row in rows}
    assert all(row["summary"] for row in rows)


def test_list_of_a_kind_has_that_kind_only(gnnrec: Command) -> None:
    lines = gnnrec("list", "decoder").stdout.splitlines()
    assert lines[0].split() == ["kind", "name", "plugin", "summary"]
    assert {line.split()[0] for line in lines[1:]} == {"decoder"}
    assert any(line.split()[1:3] == ["dot", "gnnrec_decoders"] for line in lines)


def test_list_and_show_tell_the_nearest_of_what_is_unknown(gnnrec: Command) -> None:
    for arguments, said in [
        (["list", "decodr"], "no kind of component is called 'decodr'; did you mean 'decoder'?\n"),
        (["show", "decodr", "dot"], "no kind of component is called 'decodr'; did you mean 'decoder'?\n"),
        (["show", "encoder", "hetero_sag"], "no encoder is called 'hetero_sag'; did you mean 'hetero_sage'?\n"),
    ]:
        done = gnnrec(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_show_tells_types_bounds_defaults_and_meanings(gnnrec: Command, install: Install) -> None:
    install("toys", "toy = toy_plugin")
    lines = [line.rstrip() for line in gnnrec("show", "encoder", "mean").stdout.splitlines()]
    assert lines[:3] == ["encoder mean  (plugin toy, toys 1.0)", "", "A mean of neighbours."]
    fields = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line) for line in lines[4:])}
    assert fields == {
        "field": ["type", "default", "meaning"],
        "channels": ["integer > 0", "64", "Size of every embedding."],
        "layers": ["integer > 0", "2"],
        "dropout": ["number ≥ 0 < 1", "0.0"],
        "residual": ["true | false", "false"],
        "activation": ["relu | tanh", "relu"],
        "sizes": ["list of integer > 0", "[]"],
        "best": ["integer > 0 or nothing", "–"],
    }


def test_show_as_json_holds_the_components_schema(gnnrec: Command) -> None:
    shown = answer(gnnrec("show", "encoder", "hetero_sage", "--json"))
    assert (shown["kind"], shown["name"], shown["plugin"]) == ("encoder", "hetero_sage", "gnnrec_encoders")
    assert shown["schema"]["properties"]["channels"]["exclusiveMinimum"] == 0
    assert shown["tuned"]["channels"] == {"low": 16, "high": 256, "log": True}
    assert shown["tuned"]["aggregation"] == {"choices": ["mean", "max", "sum"]}
    assert answer(gnnrec("show", "scorer", "popularity", "--json"))["tuned"] == {}


def test_show_tells_how_fields_are_tuned_where_any_is(gnnrec: Command) -> None:
    lines = gnnrec("show", "encoder", "lightgcn").stdout.splitlines()[6:]
    fields = {row[0]: row[1:4] for row in (re.split(r"\s{2,}", line) for line in lines)}
    assert fields["field"] == ["type", "default", "tuned"]
    assert fields["channels"] == ["integer > 0", "64", "16..256:log"]
    assert fields["layer_weights"] == ["mean | learned", "mean", "mean, learned"]
    assert fields["features"][:2] == ["true | false", "false"]
    assert "tuned" not in gnnrec("show", "scorer", "blend").stdout


def test_validate_says_valid_or_every_fault_of_every_recipe(gnnrec: Command, write: Write) -> None:
    bad = write("bad.yaml", "extends: movielens_sage\nencoder: {layers: 0}\nloss: {name: bec}\n")
    done = gnnrec("validate", "movielens_sage", str(bad))
    assert (done.returncode, done.stdout) == (2, "movielens_sage: valid\n")
    assert done.stderr.splitlines() == [
        f"{bad}:2:19  encoder.layers: expected greater than 0, got 0",
        f"{bad}:3:14  loss.name: no loss is called 'bec'; did you mean 'bce'?",
    ]


def test_validate_as_json_gives_each_fault_and_its_place(gnnrec: Command, write: Write) -> None:
    assert answer(gnnrec("validate", "movielens_sage", "--json")) == {"valid": True, "faults": []}
    bad = write("bad.yaml", "extends: movielens_sage\nencoder: {layers: 0}\n")
    done = gnnrec("validate", str(bad), "--json", "-s", "sede=1")
    assert done.returncode == 2
    assert json.loads(done.stdout) == {
        "valid": False,
        "faults": [
            {
                "source": "-s sede=1",
                "line": None,
                "column": None,
                "path": "sede",
                "message": "unknown key; did you mean 'seed'?",
            },
            {
                "source": str(bad),
                "line": 2,
                "column": 19,
                "path": "encoder.layers",
                "message": "expected greater than 0, got 0",
            },
        ],
    }


def test_resolve_prints_a_recipe_that_reads_back_as_it_was(gnnrec: Command, write: Write) -> None:
    done = gnnrec("resolve", "movielens_sage", "-s", "encoder.channels=32", "-s", "seed=5")
    assert (done.returncode, done.stderr) == (0, "")
    resolved = load_recipe(write("resolved.yaml", done.stdout))
    assert resolved == load_recipe("movielens_sage", {"encoder.channels": 32, "seed": 5})
    assert answer(gnnrec("resolve", "resolved.yaml", "--json")) == resolved.to_dict()


def test_schema_is_json_over_the_installed_components(gnnrec: Command) -> None:
    schema = answer(gnnrec("schema"))
    assert schema["$defs"]["HeteroSAGE"]["required"] == ["name"]


def test_schema_is_written_to_a_file_and_no_file_is_overwritten_unasked(gnnrec: Command, tmp_path: Path) -> None:
    target = tmp_path / "recipe.schema.json"
    target.write_text("mine")
    refused = gnnrec("schema", "--out", "recipe.schema.json")
    said = "recipe.schema.json exists; --force overwrites it\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", said)
    assert target.read_text() == "mine"
    done = gnnrec("schema", "--out", "recipe.schema.json", "--force")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "written to recipe.schema.json\n")
    assert json.loads(target.read_text()) == answer(gnnrec("schema"))
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.schema.json"]


def test_what_cannot_be_written_leaves_nothing_behind(gnnrec: Command, tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    done = gnnrec("schema", "--out", "folder.json", "--force")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "folder.json is a folder; name a file in it\n")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


def test_help_of_schema_shows_the_line_that_an_editor_reads(gnnrec: Command) -> None:
    assert "# yaml-language-server: $schema=recipe.schema.json" in gnnrec("schema", "--help").stdout


def test_a_wrong_recipe_is_told_before_anything_runs(gnnrec: Command, tmp_path: Path) -> None:
    done = gnnrec("run", "movielens_sage", "-s", "encoder.chanels=32", "--json")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", NO_SUCH_KEY)
    assert list(tmp_path.iterdir()) == []


def test_data_list_has_each_variant_and_where_it_is(gnnrec: Command, tmp_path: Path) -> None:
    rows = answer(gnnrec("data", "list", "--json", GNNREC_DATA=str(tmp_path), XDG_CACHE_HOME=str(tmp_path)))
    assert {"dataset": "movielens", "variant": "latest-small", "place": None, "fault": None} in rows


def test_a_damaged_archive_is_told_in_its_row_and_the_others_are_listed(gnnrec: Command, tmp_path: Path) -> None:
    archive = tmp_path / "ml-latest-small.zip"
    archive.write_bytes(b"PK half of it")
    unpacked = tmp_path / "ml-100k"
    unpacked.mkdir()
    (unpacked / "u.data").touch()
    here = {"GNNREC_DATA": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    fault = f"{archive}: this is not the ml-latest-small.zip that was published, or it is truncated"
    rows = answer(gnnrec("data", "list", "--json", **here))
    damaged, whole = (row for row in rows if row["place"] or row["fault"])
    assert (damaged["variant"], damaged["place"], damaged["fault"].splitlines()[0]) == ("latest-small", None, fault)
    assert whole == {"dataset": "movielens", "variant": "100k", "place": str(unpacked), "fault": None}
    for command in (["data", "list"], ["doctor"]):
        done = gnnrec(*command, **here)
        assert (done.returncode, done.stderr) == (0, "")
        assert "".join(f"damaged: {fault}".split()) in "".join(done.stdout.split())  # a table folds long lines


def test_data_describe_counts_what_a_plugins_dataset_loads(gnnrec: Command, install: Install) -> None:
    install("toys", "toy = toy_plugin")
    facts = answer(gnnrec("data", "describe", "toy", "--json"))
    assert (facts["users"], facts["items"], facts["interactions"], facts["density"]) == (3, 4, 6, 0.5)
    assert (facts["interactions per user, median"], facts["interactions per item, max"]) == (2.0, 3)
    done = gnnrec("data", "describe", "toy", "-s", "size=3")
    assert (done.returncode, done.stderr) == (2, "-s size=3  dataset.size: unknown key; known: name\n")


def test_wrong_usage_exits_with_2(gnnrec: Command) -> None:
    done = gnnrec("validate", "movielens_sage", "--jsn")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such option: --jsn" in done.stderr
