from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from own_tables import load

from gnnrec import DataError

pytest_plugins = ["working_folder"]

pytestmark = pytest.mark.usefixtures("working_folder")

WHOLE = "user,item,stars,when,what\n" + "".join(
    f'{user},"{item}",{stars},{1_700_000_000 + item},{what}\n'
    for user in range(4)
    for item, stars, what in ((1, 4.5, "buy"), (2, 1, "view"), (30, 5, "buy"))
)

STRAY = (
    b'"',
    b"'",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\r",
    b"\r\n",
    b"\n",
    b",",
    b'\\"',
    b"::",
    b"\x1f",
    b"  ",
    b"\xe9",
)
WRONG = (b"nan", b"\\N", b"1e400", b"99999999999999999999", b"true", b"1.70E+09", b"-0", b"007", b"2024-01-01", b"x")

FIELDS: list[dict[str, Any]] = [
    {},
    {"rating": "stars", "timestamp": "when"},
    {"event": "what", "target": "buy", "missing": "drop"},
    {"columns": ("user", "item", "rating", "time", "what"), "quote": "none"},
    {"separator": "blanks"},
    {"encoding": "utf-16"},
    {"items": "log.csv", "rating": "stars", "repeats": "sum"},
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A table, or one that is packed, after one to four accidents."""
    content = WHOLE.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-16", "utf-32"])))
    if draw(st.booleans()):
        content = gzip.compress(content, mtime=0)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["cut", "flip", "stray", "wrong", "loss", "newlines"]))
        if kind == "cut":
            content = content[:at]
        elif kind == "flip":
            content = (
                content[:at]
                + bytes(each ^ 1 << draw(st.integers(0, 7)) for each in content[at : at + 1])
                + content[at + 1 :]
            )
        elif kind == "stray":
            content = content[:at] + draw(st.sampled_from(STRAY)) * draw(st.sampled_from([1, 2, 50])) + content[at:]
        elif kind == "wrong":
            content = content.replace(
                draw(st.sampled_from([b"4.5", b"30", b"buy", b"1700000001", b"user"])), draw(st.sampled_from(WRONG))
            )
        elif kind == "loss":
            content = content[:at] + content[at + draw(st.integers(1, 30)) :]
        else:
            content = content.replace(b"\n", draw(st.sampled_from([b"\r", b"\r\n", b"\n\n", b""])))
    return content


def check(content: bytes, fields: dict[str, Any]) -> None:
    """It loads, or one message of our own says why not; and the file is as it was."""
    try:
        data = load(content, **fields)
    except DataError:
        return
    assert len(data) > 0
    assert not data.users["user"].isna().any()
    assert "" not in data.items["item"].astype(str).str.strip().tolist()


@given(damaged(), st.sampled_from(FIELDS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_loads_or_is_refused_in_words(content: bytes, fields: dict[str, Any]) -> None:
    check(content, fields)


@pytest.mark.slow
@given(damaged(), st.sampled_from(FIELDS))
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_ten_thousand_damaged_files_load_or_are_refused_in_words(content: bytes, fields: dict[str, Any]) -> None:
    check(content, fields)
