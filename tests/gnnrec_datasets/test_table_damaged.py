from __future__ import annotations

from typing import Any

import pytest
from damage import damaged_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_tables import load

from gnnrec import DataError
from gnnrec_datasets.table_text import TextFile

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

WHOLE = "user,item,stars,when,what\n" + "".join(
    f'{user},"{item}",{stars},{1_700_000_000 + item},{what}\n'
    for user in range(4)
    for item, stars, what in ((1, 4.5, "buy"), (2, 1, "view"), (30, 5, "buy"))
)

PLAIN = WHOLE.replace('"', "")
"""Is read by all threads at once, unless it is damaged."""

REPLACED = (b"4.5", b"30", b"buy", b"1700000001", b"user")

FIELDS: list[dict[str, Any]] = [
    {},
    {"rating": "stars", "timestamp": "when"},
    {"event": "what", "target": "buy", "missing": "drop"},
    {"columns": ("user", "item", "rating", "time", "what"), "quote": "none"},
    {"separator": "blanks"},
    {"encoding": "utf-16"},
    {"items": "log.csv", "rating": "stars", "repeats": "sum"},
]


def check(content: bytes, fields: dict[str, Any]) -> None:
    """It loads, or one message of our own says why not; and the file is as it was."""
    try:
        data = load(content, **fields)
    except DataError:
        return
    assert len(data) > 0
    assert not data.users["user"].isna().any()
    assert "" not in data.items["item"].astype(str).str.strip().tolist()


DAMAGED = st.sampled_from([WHOLE, PLAIN]).flatmap(lambda text: damaged_text(text, REPLACED))


def fingerprint(content: bytes, fields: dict[str, Any]) -> dict[str, str] | None:
    """Of what is loaded; None where it is refused."""
    try:
        return load(content, **fields).fingerprint
    except DataError:
        return None


CELLS = st.one_of(
    st.sampled_from(["1", "01", " 1", "1.0", "+1", "-1", "1_0", "0x10", "1e3", "1.7E+09", "NA", "nan", "inf", "", "é"]),
    st.integers(-5, 5).map(str),
)


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=4),
    st.sampled_from([{}, {"rating": "stars"}, {"timestamp": "when"}, {"rating": "stars", "missing": "drop"}]),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_read_at_once_is_what_is_read_row_by_row(rows: list[tuple[str, ...]], fields: dict[str, Any]) -> None:
    content = ("user,item,stars,when\n" + "".join(f"{','.join(row)}\n" for row in rows)).encode()
    quickly = fingerprint(content, fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextFile, "_read_quickly", lambda *_: None)
        assert fingerprint(content, fields) == quickly


@given(DAMAGED, st.sampled_from(FIELDS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_loads_or_is_refused_in_words(content: bytes, fields: dict[str, Any]) -> None:
    check(content, fields)


@pytest.mark.slow
@given(DAMAGED, st.sampled_from(FIELDS))
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_ten_thousand_damaged_files_load_or_are_refused_in_words(content: bytes, fields: dict[str, Any]) -> None:
    check(content, fields)
