from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

from gnnrec import UsageError
from gnnrec.errors import suggestion
from gnnrec.plugin.component_rules import check_component
from gnnrec.plugin.registry import Registry, installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint
    from pathlib import Path

    Plugin = Callable[[str, str], EntryPoint]

GAT = """
    class GAT(Encoder):
        name: Literal["gat"] = "gat"
        def build(self, graph): ...
    @hookimpl
    def gnnrec_components():
        return (GAT,)
    """


PARTS = """
    from dataclasses import dataclass
    from pathlib import Path
    from typing import NamedTuple, NewType, TypeVar
    from pydantic import (
        BaseModel, Field, InstanceOf, PositiveInt, computed_field, field_serializer, model_validator
    )
    from typing_extensions import TypeAliasType
    def fail(self):
        raise ValueError("it is Tuesday")
    class Part(BaseModel):
        size: int = 3
    class Frozen(BaseModel):
        model_config = {"frozen": True, "extra": "forbid"}
        sizes: list[int] = []
    class Pair(NamedTuple):
        first: int
        sizes: list[int]
    @dataclass(frozen=True)
    class Loose:
        size: int = 3
    class Endless(BaseModel):
        model_config = {"frozen": True, "extra": "forbid"}
        parts: tuple["Endless", ...] = ()
    T = TypeVar("T")
    Many = TypeAliasType("Many", tuple[T, ...], type_params=(T,))
    Count = NewType("Count", int)
    class Odd:
        pass
    def double(self) -> int:
        return 2 * self.size
    def more(self, value):
        return value + 1
"""


def field(line: str) -> str:
    """A plugin whose one encoder has the given line as well."""
    return PARTS + GAT.replace("        def build", f"        {line}\n        def build")


def failure(registry: Registry, name: str) -> str:
    """Why the plugin of that name failed."""
    [record] = [record for record in registry.plugins if record.name == name and record.state == "failed"]
    assert record.details.startswith("Traceback")
    return record.error


def test_a_plugin_is_a_class_a_hookimpl_and_an_entry_point(plugin: Plugin) -> None:
    registry = Registry([plugin("first", GAT)])
    [record] = registry.plugins
    assert (record.state, record.hooks, record.error) == ("loaded", ("gnnrec_components",), "")
    gat = registry.component("encoder", "gat")
    assert (record.components, registry.owner(gat).name) == ((gat,), "first")
    assert registry.components("decoder") == {}


def test_a_name_that_is_taken_is_refused_to_the_later_plugin_and_both_are_named(plugin: Plugin) -> None:
    points = [plugin("first", GAT), plugin("second", GAT), plugin("third", GAT.replace('"gat"', '"gcn"'))]
    registry = Registry(points)
    assert failure(registry, "second") == "encoder 'gat' of plugin 'second' is already contributed by plugin 'first'"
    assert registry.owner(registry.component("encoder", "gat")).name == "first"
    assert sorted(registry.components("encoder")) == ["gat", "gcn"]


def test_a_plugin_with_a_wrapper_is_left_out(plugin: Plugin) -> None:
    text = (
        GAT
        + """
    @hookimpl(wrapper=True)
    def gnnrec_run_started():
        return (yield)
    """
    )
    registry = Registry([plugin("first", text)])
    assert failure(registry, "first").startswith("gnnrec_run_started is a wrapper, but hooks are called one by one")
    assert (registry.components("encoder"), registry.loaded_plugins()) == ({}, {})


def test_a_refused_plugin_contributes_nothing_at_all(plugin: Plugin) -> None:
    text = GAT.replace("(GAT,)", "(Dot, GAT)").replace(
        "    @hook",
        """
    class Dot(Decoder):
        name: Literal["dot"] = "dot"
        def build(self, channels): ...
    @hookimpl
    def gnnrec_run_started(run): ...
    @hook""",
    )
    registry = Registry([plugin("first", GAT), plugin("second", text)])
    assert failure(registry, "second").startswith("encoder 'gat'")
    assert registry.components("decoder") == {}
    assert registry.hook_calls("gnnrec_run_started") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("raise RuntimeError('not today')", "RuntimeError: not today (refused.py:4)"),
        ("import sys; sys.exit('bye')", "it exits with bye (refused.py:4)"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("class Broken(", "SyntaxError: '(' was never closed (refused.py, line 4)"),
        (GAT.replace("_components", "_component"), "there is no hook 'gnnrec_component'; did you mean"),
        (GAT.replace("@hookimpl", ""), "gnnrec_components is not marked as a hook; write @hookimpl above it"),
        ("x = 1", "it implements no hook; known: gnnrec_commands, gnnrec_components, gnnrec_epoch_ended, "),
        (
            GAT.replace("components()", "components(more)"),
            "gnnrec_components has no argument 'more'; it gives none",
        ),
        (
            GAT.replace("(GAT,)", "None"),
            "gnnrec_components returned nothing; return a list of classes: return [MyEncoder]",
        ),
        (GAT.replace("(GAT,)", "GAT"), "gnnrec_components returned the class GAT itself; return a list of classes"),
        (GAT.replace("(GAT,)", "3"), "TypeError: 'int' object is not iterable"),
        (GAT.replace("(GAT,)", "(int,)"), "gnnrec_components returned <class 'int'>, which is no component class"),
        (GAT.replace("(GAT,)", "(GAT(),)"), "gnnrec_components returned GAT(name='gat'), which is no component class"),
        (GAT.replace("(GAT,)", "(GAT, GAT)"), "plugin 'refused' contributes encoder 'gat' twice"),
        (
            GAT.replace("build", "biuld"),
            "GAT lacks the method of its kind: build(graph); it has biuld(graph); how contracts have",
        ),
        (GAT.replace(' = "gat"', ""), 'GAT needs its name as a field: name: Literal["my_name"] = "my_name"'),
        (GAT.replace('= "gat"', '= "gcn"'), "GAT is called 'gat' on one side of its name and 'gcn' on the other"),
        (GAT.replace('Literal["gat"]', "str"), 'GAT needs its name as a field: name: Literal["my_name"] = "my_name"'),
        (GAT.replace('Literal["gat"]', 'Literal["gat", "gcn"]'), "GAT needs its name as a field: name: Literal["),
        (field("sizes: list[int] = []"), "GAT.sizes is a list, which can change; use tuple[…, ...]"),
        (field("sizes: tuple[set[int], ...] = ()"), "GAT.sizes is a set, which can change; use tuple[…, ...]"),
        (field("extra: dict[str, int] | None = None"), "GAT.extra is a dict, which can change; use tuple[…, ...]"),
        (field("size: int | str = 3"), "GAT.size is int or str, so a value may fit both; use one type"),
        (field("size: tuple[int | float, ...] = ()"), "GAT.size is int or float, so a value may fit both; use one"),
        (field("size: tuple = ()"), "GAT.size is a tuple, which may hold anything; use tuple[…, ...], or a model"),
        (field("size: frozenset = frozenset()"), "GAT.size is a frozenset, which may hold anything; use tuple[…, ...]"),
        (field("size: Pair = Pair(1, [])"), "GAT.size is a Pair, which may hold anything; use tuple[…, ...], or a mod"),
        (field("part: Loose = Loose()"), "GAT.part is a dataclass, which ignores what it does not know; make Loose a"),
        (
            field("part: Endless = Endless()"),
            "Endless.parts is Endless within itself; a recipe goes no deeper than its",
        ),
        (field("sizes: Many[list[int]] = ()"), "GAT.sizes is a list, which can change; use tuple[…, ...]"),
        (field("size: int = Field(3, alias='s')"), "GAT.size has an alias; a recipe calls it by its own name, so"),
        (
            field("size: int = Field(3, exclude=True)"),
            "GAT.size is excluded, and a run could not store what it was; le",
        ),
        (
            field("where: Path = Path('a')"),
            "GAT's defaults are not valid: where: Input should be a valid string, not P",
        ),
        (field("sizes: tuple[int, ...] = [1]"), "GAT's defaults are not valid: sizes: Input should be a valid array"),
        (
            field("size: int = 3; twice = computed_field(property(double))"),
            'GAT, stored as {"name": "gat", "size": 3, "twice": 6}, is not read back: twice: Extra inputs are not',
        ),
        (
            field("size: int = 3; _more = field_serializer('size')(more)"),
            'GAT, stored as {"name": "gat", "size": 4}, is another when it is read back',
        ),
        (
            field("odd: InstanceOf[Odd] | None = None"),
            "GAT has a field that a recipe cannot write: Cannot generate a Js",
        ),
        (field("anything: __import__('typing').Any = 3"), "GAT.anything may be anything; say what a recipe can write"),
        (
            field("call: __import__('collections').abc.Callable[[int], int] | None = None"),
            "GAT.call is collections.abc.Callable[[int], int], which",
        ),
        (field("where: type[int] = int"), "GAT.where is type[int], which a recipe cannot write; use int, float"),
        (
            field("part: Part = Part()"),
            "Part could change or ignore what a recipe says; it needs model_config = Config",
        ),
        (field("part: tuple[Part, ...] = ()"), "Part could change or ignore what a recipe says; it needs model_config"),
        (field("inner: Frozen = Frozen()"), "Frozen.sizes is a list, which can change; use tuple[…, ...]"),
        (
            field("model_config = {'frozen': False}"),
            "GAT could change or ignore what a recipe says; it needs model_con",
        ),
        (field("model_config = {'extra': 'ignore'}"), "GAT could change or ignore what a recipe says; it needs model"),
        (field("layers: PositiveInt = 0"), "GAT's defaults are not valid: layers: Input should be greater than 0"),
        (
            field("layers: PositiveInt = 2; _check = model_validator(mode='after')(fail)"),
            "GAT's defaults are not valid: Va",
        ),
        (GAT.replace('"gat"', '"my gat"'), "GAT is called 'my gat'; expected a letter, then letters, digits, _ and -"),
        (field("later: Sequence = ()"), "PydanticUndefinedAnnotation: name 'Sequence' is not defined"),
        (field("copy: int = 3"), "GAT.copy: this name is taken by the component itself; choose another"),
        (field("summary: int = 3"), "GAT.summary: this name is taken by the component itself; choose another"),
        (
            GAT.replace("(Encoder)", "(__import__('gnnrec').contract.component.Component)").replace(
                "def build", "def other"
            ),
            "GAT derives from no contract; derive from Encoder, Decoder or another kind",
        ),
    ],
)
def test_a_plugin_that_breaks_a_rule_is_left_out_and_the_others_load(plugin: Plugin, text: str, message: str) -> None:
    good = GAT.replace('"gat"', '"good"')
    registry = Registry([plugin("before", good), plugin("refused", text), plugin("after", GAT)])
    assert failure(registry, "refused").startswith(message)
    assert [record.state for record in registry.plugins] == ["loaded", "failed", "loaded"]
    assert sorted(registry.components("encoder")) == ["gat", "good"]
    assert [*registry.loaded_plugins()] == ["before", "after"]


@pytest.mark.parametrize("line", ["sizes: Many[Count] = ()", "sizes: Many[Many[int]] | None = None"])
def test_other_names_of_a_type_are_as_good_as_the_type(plugin: Plugin, line: str) -> None:
    [record] = Registry([plugin("named", field(line))]).plugins
    assert (record.state, record.error) == ("loaded", "")


def test_a_second_entry_point_of_the_same_module_does_not_cost_the_first_its_place(plugin: Plugin) -> None:
    point = plugin("first", GAT)
    again = importlib.metadata.EntryPoint("again", "first", "gnnrec")
    registry = Registry([point, again, point])
    assert failure(registry, "again") == "it is the same object as plugin 'first'"
    assert failure(registry, "first") == "another plugin is called 'first' already"
    assert [*registry.loaded_plugins()] == ["first"]


def test_a_disabled_plugin_is_not_even_imported(plugin: Plugin) -> None:
    [record] = Registry([plugin("noisy", "raise RuntimeError")], disabled=["noisy"]).plugins
    assert (record.name, record.state, record.components) == ("noisy", "disabled", ())


def test_gnnrecs_own_plugins_come_first_and_the_environment_disables_some(
    write: Callable[[str, str], Path], plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin("a_stranger", GAT.replace('"gat"', '"hetero_sage"'))
    write("stranger-2.5.dist-info/METADATA", "Metadata-Version: 2.1\nName: stranger\nVersion: 2.5\n")
    write("stranger-2.5.dist-info/entry_points.txt", "[gnnrec]\na_stranger = a_stranger\n")
    registry = Registry.installed()
    record = registry.plugins[-1]
    assert (record.name, record.distribution, record.version) == ("a_stranger", "stranger", "2.5")
    assert record.error.endswith("already contributed by plugin 'gnnrec_encoders'")
    assert {each.distribution for each in registry.plugins[:-1]} == {"gnnrec"}

    monkeypatch.setenv("GNNREC_DISABLE_PLUGINS", " gnnrec_encoders, ,gnnrec_losses")
    registry = Registry.installed()
    disabled = [each.name for each in registry.plugins if each.state == "disabled"]
    assert disabled == ["gnnrec_encoders", "gnnrec_losses"]
    assert registry.owner(registry.component("encoder", "hetero_sage")).name == "a_stranger"


def test_of_two_distributions_with_one_plugin_name_the_first_by_name_has_it(
    write: Callable[[str, str], Path], plugin: Plugin
) -> None:
    plugin("module_of_a", GAT)
    plugin("module_of_b", GAT)
    for path, distribution in (("2", "b"), ("1", "a")):
        write(f"{path}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n")
        write(f"{path}-1.dist-info/entry_points.txt", f"[gnnrec]\nsame = module_of_{distribution}\n")
    write("0-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: c\nVersion: 1\n")
    write("0-1.dist-info/entry_points.txt", "[gnnrec]\nsame = module_of_b\n")
    found = [(each.distribution, each.state) for each in Registry.installed().plugins if each.name == "same"]
    assert found == [("a", "loaded"), ("b", "failed"), ("c", "failed")]


def test_every_plugin_of_this_installation_loads() -> None:
    own = [record for record in installed().plugins if record.distribution == "gnnrec"]
    assert len(own) >= 9
    assert [(record.name, record.error) for record in own if record.state != "loaded"] == []
    assert installed() is installed()


def test_an_unknown_kind_or_component_is_told_with_the_nearest(toy_registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"^no kind of component is called 'encodr'; did you mean 'encoder'\?$"):
        toy_registry.component("encodr", "mean")
    with pytest.raises(UsageError, match=r"^no encoder is called 'maen'; did you mean 'mean'\?$"):
        toy_registry.component("encoder", "maen")
    with pytest.raises(UsageError, match=r"^no metric is called 'recall'; none is installed$"):
        toy_registry.component("metric", "recall")


def test_a_contract_itself_is_no_component() -> None:
    from gnnrec import Encoder
    from gnnrec.errors import PluginError

    with pytest.raises(PluginError, match=r"^Encoder lacks the method of its kind: build\(graph\)$"):
        check_component(Encoder)


@pytest.mark.parametrize(
    ("word", "known", "end"),
    [
        ("sgae", ["sage", "gat"], "; did you mean 'sage'?"),
        ("zzz", ["sage", "gat"], "; known: gat, sage"),
        ("sage", [], "; none is installed"),
    ],
)
def test_a_suggestion_is_the_nearest_word_or_all_of_them(word: str, known: list[str], end: str) -> None:
    assert suggestion(word, known) == end
