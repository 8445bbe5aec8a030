from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import gnnrec.testing
from gnnrec.testing import ContractViolation, encoder

TEXT = (Path(__file__).parents[1] / "docs" / "testing_components.md").read_text(encoding="utf-8")


def test_the_documents_code_runs_as_it_is_shown() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    one, every, board = ({"__name__": "shown"} for _ in blocks)
    for block, names in zip(blocks, (one, every, board), strict=True):
        exec(compile(block, "docs/testing_components.md", "exec"), names)  # noqa: S102 - it is the project's own
    shown: dict[str, Any] = {**one, **every, **board}
    shown["test_my_encoder_keeps_its_contract"]()
    assert str(shown["CHECKS"][0]) == "loss-bce-keeps_the_rules_of_a_plugin"
    for check in shown["CHECKS"]:
        check()
    assert shown["board"].num_users == 12


def test_the_document_names_every_check_and_shows_a_failure_as_it_reads() -> None:
    internal = {"Check", "ContractViolation", "InstalledComponent", "Rule"}
    assert [name for name in gnnrec.testing.__all__ if name not in TEXT and name not in internal] == []
    (shown,) = re.findall(r"```\n(encoder .*?)```", TEXT, flags=re.DOTALL)
    (rule,) = (rule for rule in encoder.RULES if rule.name in shown)
    mine: Any = type("MyEncoder", (), {"kind": "encoder", "name": "mine"})()
    assert f"{ContractViolation(rule, mine, 'embeddings.user differs by up to 3.02')}\n" == shown
