"""Answers as JSON; what is not known of an item is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

if TYPE_CHECKING:
    from gnnrec.serving.answers import Answer, Listed


def answer_said(answer: Answer) -> dict[str, Any]:
    """What is recommended."""
    said: dict[str, Any] = {"items": [listed_said(each) for each in answer.items], "method": answer.method}
    if answer.reasons_by is not None:
        said["reasons_by"] = answer.reasons_by
    said["upto"], said["refreshed"] = answer.upto, answer.refreshed
    return said


def listed_said(listed: Listed) -> dict[str, Any]:
    """An item of a list."""
    said: dict[str, Any] = {"rank": listed.rank, "item": listed.item, "score": listed.score}
    if listed.title is not None:
        said["title"] = listed.title
    if listed.attributes:
        said["attributes"] = listed.attributes
    if listed.reasons is not None:
        said["reasons"] = [
            {"item": each.item, "weight": each.weight, **({} if each.title is None else {"title": each.title})}
            for each in listed.reasons
        ]
    if listed.shared is not None:
        said["shared"] = listed.shared
    return said


def written(said: Any) -> bytes:
    """Plain values as JSON; a number that is none is null."""
    return to_json(said, inf_nan_mode="null", fallback=str)
