from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import DataError, UsageError
from gnnrec_features.sentence_model import ModelFolder, SentenceModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What looks like a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GNNREC_DATA", str(tmp_path / "data"))
    folder = tmp_path / "minilm"
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "modules.json").write_text("[]")
    (folder / "1_Pooling" / "config.json").write_text("{}")
    return folder


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as error:
        action()
    return str(error.value)


def test_a_folder_is_found_where_data_are(folder: Path, tmp_path: Path) -> None:
    first = ModelFolder.find("minilm")
    assert (first.path, first.place.resolve()) == ("minilm", folder)
    (tmp_path / "data").mkdir()
    moved = folder.rename(tmp_path / "data" / "minilm")
    assert ModelFolder.find("minilm") == ModelFolder("minilm", moved, first.sha256)


def test_what_is_no_folder_of_a_model_is_refused(folder: Path) -> None:
    assert refusal(lambda: ModelFolder.find("minilmm")).startswith(
        "there is no folder minilmm, which model names: it was looked for in the working folder "
    )
    assert refusal(lambda: ModelFolder.find("minilmm")).endswith("; did you mean 'minilm'?")
    assert refusal(lambda: ModelFolder.find("minilm/modules.json")) == (
        "minilm/modules.json is a file; give the folder that it lies in"
    )
    (folder / "modules.json").unlink()
    assert refusal(lambda: ModelFolder.find("minilm")) == (
        "text: minilm has no file modules.json; model names a folder that the package sentence-transformers wrote: "
        "SentenceTransformer(…).save(folder)"
    )


def test_the_digest_is_of_names_and_content_and_not_of_what_is_hidden(folder: Path) -> None:
    first = ModelFolder.find("minilm").sha256
    for hidden in (folder / ".DS_Store", folder / ".git" / "HEAD"):
        hidden.parent.mkdir(exist_ok=True)
        hidden.write_text("anything")
    assert ModelFolder.find("minilm").sha256 == first
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text("{ }")
    changed = ModelFolder.find("minilm").sha256
    pooling.rename(folder / "1_Pooling" / "configuration.json")
    assert len({first, changed, ModelFolder.find("minilm").sha256}) == 3


@pytest.mark.usefixtures("folder")
def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.partition(".")[0] == "sentence_transformers":
            raise ImportError("No module named 'sentence_transformers'")
        return ordinary(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError) as error:
        SentenceModel(ModelFolder.find("minilm"))
    assert str(error.value) == (
        "feature encoder text with a model needs the package sentence-transformers: pip install gnnrec[sentences] (No "
        "module named 'sentence_transformers')"
    )
