from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch
from sentence_models import CHANNELS, write_model
from toys import movielens_like, observed, small_recipe

from gnnrec import DataError, load_run, run
from gnnrec.testing import check_features, toy_interactions
from gnnrec_features.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow  # the package alone takes seconds to import

NOTHING = observed([], 1, 1)
TEXTS = ["The tall ship", None, "cats", "the cat", " ", "cats", "the cat the cat the cat"]
TABLE = pd.DataFrame({"title": TEXTS})

LOADED = """
import json, sys
import pandas as pd
from gnnrec import load_run
made = load_run(sys.argv[1])
new = pd.DataFrame({"item": [900, 901], "title": ["Movie 3", "The tall ship"]})
lists = made.recommend([1, 2], 17, new_items=new, include_seen=True)
print(json.dumps({"test": made.evaluate(), "items": lists["item"].tolist(), "scores": lists["score"].tolist()}))
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentence_transformers", reason="pip install gnnrec[sentences]")
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(autouse=True)
def model(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model in the working folder, called `tiny`; and no network."""

    def refuse(*_: Any) -> None:
        raise AssertionError("the network is asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(written, tmp_path / "tiny"))


def embedded(texts: list[Any], encoding: Any = None) -> np.ndarray:
    encoding = encoding or Text(model="tiny").fit(TABLE, NOTHING)
    block = encoding.encode(pd.DataFrame({"title": texts}))
    assert block.names == tuple(f"title_{i}" for i in range(CHANNELS))
    return block.values  # noqa: PD011 - a block is no table


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as error:
        action()
    return str(error.value)


def fit() -> Any:
    return Text(model="tiny").fit(TABLE, NOTHING)


def test_each_text_gets_what_the_model_makes_of_it_and_none_gets_zeros(written: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    tokenizer, bert = (kind.from_pretrained(written, local_files_only=True) for kind in (AutoTokenizer, AutoModel))
    found = embedded(TEXTS)
    for text, row in zip(TEXTS, found, strict=True):
        if text is None or not text.strip():
            assert not row.any()
            continue
        with torch.no_grad():
            states = bert(**tokenizer(text, return_tensors="pt")).last_hidden_state  # [1, T, C]
        assert np.allclose(row, states[0].mean(0).numpy(), atol=1e-5)
    assert len(np.unique(found.round(3), axis=0)) == 5  # none, and four different texts


def test_the_order_of_rows_changes_no_bit_and_nothing_is_drawn_or_shown(capsys: pytest.CaptureFixture[str]) -> None:
    state = torch.get_rng_state()
    encoding = fit()
    assert np.array_equal(embedded(TEXTS[::-1], encoding), embedded(TEXTS, encoding)[::-1])
    assert torch.equal(torch.get_rng_state(), state)
    assert embedded([None, ""], encoding).tolist() == [[0] * CHANNELS] * 2
    assert embedded([], encoding).shape == (0, CHANNELS)
    assert capsys.readouterr() == ("", "")


def test_a_folder_that_normalises_does_so(model: Path) -> None:
    assert not np.allclose(np.linalg.norm(embedded(["cats"]), axis=1), 1)
    modules = json.loads((model / "modules.json").read_text())
    kind = "sentence_transformers.sentence_transformer.modules.Normalize"
    modules.append({"idx": 2, "name": "2", "path": "2_Normalize", "type": kind})
    (model / "modules.json").write_text(json.dumps(modules))
    (model / "2_Normalize").mkdir()
    (model / "2_Normalize" / "config.json").write_text("{}")
    assert np.linalg.norm(embedded(["cats"]), axis=1) == pytest.approx(1)


def test_it_keeps_the_contract() -> None:
    check_features(Text(model="tiny"))


def test_nodes_without_a_text_are_refused() -> None:
    nothing = pd.DataFrame({"title": [None, " "]})
    assert refusal(lambda: Text(model="tiny").fit(nothing, NOTHING)) == (
        "text: column 'title' has no text for any of the 2 nodes that training knows; leave it out"
    )


def test_a_model_that_has_changed_is_refused(model: Path) -> None:
    state = fit().state()
    assert set(state) == {"sha256"}
    shutil.rmtree(model)
    assert refusal(lambda: Text(model="tiny").restore(state)).startswith(
        "there is no folder tiny, which model names: it was looked for in the working folder "
    )
    write_model(model, seed=1)
    assert refusal(lambda: Text(model="tiny").restore(state)) == (
        "text: the files in tiny are not those of the model that the run was trained with; put that model back"
    )


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-50])


def without_tokenizer(folder: Path) -> None:
    for file in folder.glob("tokenizer*"):
        file.unlink()


def with_code(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "mine.Pooling"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "mine.py").write_text("raise SystemExit('the code of the folder was run')")


def with_gaps(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors["embeddings.LayerNorm.bias"][0] = torch.nan
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut("modules.json"), "cannot be loaded: JSONDecodeError: "),
        (cut("config.json"), "cannot be loaded: OSError: It looks like the config file at 'tiny/config.json' is not"),
        (cut("model.safetensors"), "cannot be loaded: SafetensorError: "),
        (lambda folder: (folder / "model.safetensors").unlink(), "cannot be loaded: OSError: "),
        (lambda folder: shutil.rmtree(folder / "1_Pooling"), "cannot be loaded: TypeError: "),
        (cut("tokenizer.json"), "cannot be loaded: "),
        (without_tokenizer, "knows no words: files of its tokenizer are missing"),
        (with_code, "cannot be loaded: ValueError: The model tiny references the module class 'mine.Pooling'"),
        (with_gaps, "gives numbers that are not finite"),
    ],
)
def test_a_damaged_model_is_refused(damage: Callable[[Path], None], message: str, model: Path) -> None:
    damage(model)
    assert refusal(fit).startswith(f"text: the model in tiny {message}")


def test_a_run_is_loaded_elsewhere_with_new_items_until_its_model_has_changed(model: Path, tmp_path: Path) -> None:
    recipe = small_recipe(
        movielens_like(tmp_path / "data", toy_interactions()), features__item=[{"name": "text", "model": "tiny"}]
    )
    made = run(recipe, out="runs")
    program = [sys.executable, "-c", LOADED, str(made.directory)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["test"] == made.metrics["test"]
    new = pd.DataFrame({"item": [900, 901], "title": ["Movie 3", "The tall ship"]})
    lists = made.recommend([1, 2], 17, new_items=new, include_seen=True)
    assert told["items"] == lists["item"].tolist()
    assert told["scores"] == pytest.approx(lists["score"].tolist())
    assert {900, 901} <= set(told["items"])
    (model / "README.md").write_text("Another one.")
    assert refusal(lambda: load_run(made.directory).scoring) == (
        "text: the files in tiny are not those of the model that the run was trained with; put that model back"
    )
