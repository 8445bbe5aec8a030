from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gnnrec.recipe.nodes import read_yaml
from gnnrec.recipe.starter import to_inline_yaml

text = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
values = st.recursive(scalars, lambda child: st.lists(child) | st.dictionaries(text, child), max_leaves=8)


@given(values)
def test_a_value_on_one_line_reads_back_as_it_was(value: Any) -> None:
    line = to_inline_yaml(value)
    assert len(line.splitlines()) == 1
    assert read_yaml(f"key: {line}\n", "").plain() == {"key": value}
