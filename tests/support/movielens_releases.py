"""Changes to where MovieLens' releases are looked for, and archives to find there."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gnnrec import DataError
from gnnrec_datasets import movielens_load

if TYPE_CHECKING:
    from gnnrec_datasets.movielens import MovieLens

NOWHERE = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""

WHEEL = "recbole-1.2.1-py3-none-any.whl"


def change(variant: str, form: int = 0, **fields: Any) -> None:
    """Change fields of a release's archive; the fixture `offline` puts them back."""
    release = movielens_load.RELEASES[variant]
    forms = list(release.forms)
    forms[form] = (replace(forms[form][0], **fields), forms[form][1])
    movielens_load.RELEASES[variant] = replace(release, forms=tuple(forms))


def digest(content: bytes) -> str:
    """The checksum by which an archive is pinned."""
    return hashlib.sha256(content).hexdigest()


def zipped(files: dict[str, bytes]) -> bytes:
    """An archive of some files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def message_of(dataset: MovieLens) -> str:
    """What is said of a data set that cannot be loaded."""
    with pytest.raises(DataError) as error:
        dataset.load()
    return str(error.value)
