"""What is searched: fields of a recipe with their ranges, and which of them a trial has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from gnnrec.contract.tuned import Tuned, TunedAmong, tuned_fields
from gnnrec.errors import UsageError, suggestion
from gnnrec.recipe.faults import RecipeError
from gnnrec.recipe.load import load_recipe
from gnnrec.recipe.ranges import read_range
from gnnrec.recipe.schema import MODEL_SECTIONS, TUNE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gnnrec.contract.kinds import Loss
    from gnnrec.contract.tuned import Plain
    from gnnrec.plugin.registry import Registry
    from gnnrec.recipe.schema import Recipe

SEARCHED = (*MODEL_SECTIONS, "scorer", "features")
"""Sections that may be searched: the others say what is asked, which has to stay the same for all."""

NAME = ".name"


class NothingToTune(UsageError):  # noqa: N818 - for some commands nothing is wrong with that
    """No range is named, and no component declares one."""


@dataclass(frozen=True)
class Axis:
    """One field that is searched.

    Attributes:
        key: Its dotted key in the recipe.
        among: The range, or the choices.
        integer: Whether values between the ends are whole.
        of: The component that has it, where a search chooses between several; empty where it is always there.
    """

    key: str
    among: Tuned | TunedAmong
    integer: bool = False
    of: str = ""

    @property
    def parameter(self) -> str:
        """What a study calls it: two components may have fields of one name, which are two axes."""
        return f"{self.key} ({self.of})" if self.of else self.key

    def holds(self, value: Any) -> bool:
        """Whether a value lies within."""
        if isinstance(self.among, TunedAmong):
            return any(value == each and type(value) is type(each) for each in self.among.choices)
        return type(value) in {int, float} and self.among.low <= value <= self.among.high


@dataclass(frozen=True)
class Space:
    """The axes, those that choose components first.

    Attributes:
        axes: None twice.
    """

    axes: tuple[Axis, ...]

    def applies(self, axis: Axis, values: Mapping[str, Plain], recipe: Recipe) -> bool:
        """Whether a trial has an axis, given what it has chosen for those before."""
        if not axis.of:
            return True
        section = axis.key.partition(".")[0]
        chosen = values.get(section + NAME)
        return axis.of == (getattr(recipe, section).name if chosen is None else chosen)

    def own(self, recipe: Recipe) -> dict[str, Plain]:
        """The recipe's own values, by parameter, of the axes that it has and that hold them."""
        flat, found = recipe.to_flat_dict(), {}
        for axis in self.axes:
            if axis.key in flat and self.applies(axis, {}, recipe) and axis.holds(flat[axis.key]):
                found[axis.parameter] = flat[axis.key]
        return found

    def overrides(self, values: Mapping[str, Plain], registry: Registry) -> dict[str, Plain]:
        """What changes a recipe into the one of a trial: by dotted key.

        Args:
            values: By parameter.
            registry: What is installed.
        """
        keys = {axis.parameter: axis.key for axis in self.axes}
        return _with_negatives_settled({keys[parameter]: value for parameter, value in values.items()}, registry)


def read_space(path: Path, assignments: Iterable[str], registry: Registry) -> Space:
    """What a search looks at: what is asked for, or what the recipe's `tune` says, or what its components declare.

    Where a component is chosen, by `loss.name`, each choice brings the fields that it declares, or that are named.
    A declared range whose ends the recipe does not take is left out; one that is asked for is told.

    Args:
        path: Of the recipe.
        assignments: `encoder.channels=16..256:log`, as -t takes them.
        registry: What is installed.

    Raises:
        UsageError: Something named is no field, or its values are none that it takes; with all that is wrong.
        NothingToTune: Nothing is named, and no component declares anything.
    """
    recipe = load_recipe(path, registry=registry)
    asked = dict(map(_assignment, assignments)) or {key: read_range(each) for key, each in recipe.tune.items()}
    faults = [fault for key in asked if (fault := _misplaced(key, recipe))]
    if faults:
        raise UsageError("\n".join(faults))
    chosen = {key: among for key, among in asked.items() if key.removesuffix(NAME) in MODEL_SECTIONS}
    axes = [Axis(key, among) for key, among in chosen.items()]
    if asked:
        axes += _of_choices(chosen, asked, registry)
        taken = {axis.key for axis in axes}
        axes += [Axis(key, among) for key, among in asked.items() if key not in taken]
    else:
        axes = [
            Axis(f"{section}.{field}", among)
            for section in (*MODEL_SECTIONS, "scorer")
            if (component := getattr(recipe, section)) is not None
            for field, among in tuned_fields(type(component)).items()
        ]
    checked = [_checked(axis, path, registry) for axis in axes]
    faults = [fault for axis, fault in checked if fault and axis.key in asked]
    if faults:
        raise UsageError("\n".join(dict.fromkeys(faults)))
    # A range that a component declares may not go with the rest of the recipe: `layers` with `trainer.fan_out`.
    fitting = tuple(axis for axis, fault in checked if not fault)
    if not fitting:
        raise NothingToTune(
            f"none of the components of '{recipe.name}' says how it is tuned; say it with -t KEY=LOW..HIGH"
        )
    return Space(fitting)


def _assignment(text: str) -> tuple[str, Tuned | TunedAmong]:
    key, equals, written = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"-t {text}: expected KEY=RANGE, as in -t encoder.channels=16..256:log")
    try:
        return key.strip(), read_range(written.strip())
    except ValueError as error:
        raise UsageError(f"-t {text}: {error}") from None


def _misplaced(key: str, recipe: Recipe) -> str:
    """Why a key cannot be searched; empty where it can."""
    section = key.partition(".")[0]
    if section in SEARCHED and getattr(recipe, section) is not None:
        return ""
    if section in {*type(recipe).model_fields} - {*SEARCHED, TUNE}:
        return f"{key}: a search leaves {section} as it is, or its trials would not answer the same question"
    known = [each for each in SEARCHED if getattr(recipe, each) is not None]
    return f"{key}: recipe '{recipe.name}' has no section '{section}'{suggestion(section, known)}"


def _of_choices(
    chosen: Mapping[str, Tuned | TunedAmong], asked: Mapping[str, Tuned | TunedAmong], registry: Registry
) -> list[Axis]:
    """The fields of each component that is chosen from: those that are asked for, and others that it declares."""
    found = []
    for key, among in chosen.items():
        section = key.removesuffix(NAME)
        for name in among.choices if isinstance(among, TunedAmong) else ():
            component = registry.components(section).get(str(name))
            if component is None:
                continue  # told when it is checked
            declared = {f"{section}.{field}": each for field, each in tuned_fields(component).items()}
            named = {other: each for other, each in asked.items() if _field(other, section) in component.model_fields}
            found += [Axis(field, each, of=str(name)) for field, each in (declared | named).items() if field != key]
    return found


def _field(key: str, section: str) -> str:
    """The field of a component that a key is about; empty for another section's."""
    of, _, field = key.partition(".")
    return field.partition(".")[0] if of == section else ""


def _checked(axis: Axis, path: Path, registry: Registry) -> tuple[Axis, str]:
    """The axis, knowing whether it is of whole numbers, and what is wrong with it."""
    ends = axis.among.choices if isinstance(axis.among, TunedAmong) else (axis.among.low, axis.among.high)
    named = {axis.key.partition(".")[0] + NAME: axis.of} if axis.of else {}
    values = []
    for end in ends:
        overrides = _with_negatives_settled({**named, axis.key: end}, registry)
        try:
            flat = load_recipe(path, overrides, registry=registry).to_flat_dict()
        except RecipeError as error:
            told = [fault.message for fault in error.faults if fault.path == axis.key] or [str(error)]
            return axis, f"{axis.key}={axis.among}: {told[0]}"
        values.append(flat.get(axis.key))
    return replace(axis, integer=all(type(value) is int for value in values)), ""


def _with_negatives_settled(overrides: dict[str, Plain], registry: Registry) -> dict[str, Plain]:
    """Overrides that leave negatives out where the loss that they choose takes none: a recipe has none then."""
    loss = registry.components("loss").get(str(overrides.get("loss" + NAME)))
    if loss is None or cast("type[Loss]", loss).takes_negatives():
        return overrides
    return {**overrides, "negatives": None}
