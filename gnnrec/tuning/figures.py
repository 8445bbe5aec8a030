"""The figures of a study's page as plotly's JSON."""

from __future__ import annotations

from html import escape
from math import log10
from typing import TYPE_CHECKING, Any

from gnnrec.contract.tuned import TunedAmong
from gnnrec.report.colours import HUES, INK, QUIET, SCALE, SURFACE
from gnnrec.report.drawing import WHOLE, Figure, at, bar, figure, scatter
from gnnrec.tuning.content import curved, height, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gnnrec.tuning.content import Band, Content
    from gnnrec.tuning.record import Record, State, Trial
    from gnnrec.tuning.space import Axis

BEST = HUES[1]
THICK = {"color": BEST, "width": 3}

MANY = 60
"""From so many trials on their lines are thin."""

BELOW = -0.16
"""Where trials pass an axis that they have not got."""

CURVE = 100
"""Epochs of a curve that are drawn, however many there were."""

LONGEST = 18
"""Letters of a choice beside its axis."""

GIVEN_UP: dict[State, tuple[str, str]] = {"pruned": ("dot", "circle-open"), "failed": ("dash", "x")}
"""Dash and symbol of those that did not finish."""

GAP = {"x": None, "y": None, "text": ""}


def study_figures(record: Record, content: Content) -> dict[str, Figure]:
    """The figures of a page about a study, by name; only of what there is something of."""
    figures = {}
    if content.bands or any(trial.curve for trial in record.trials):
        figures["history"] = history(record, content.steps)
    if len(record.space.axes) > 1 and record.tried:
        figures["parallel"] = parallel(record, content.bands)
    elif content.bands:
        figures["parallel"] = by_value(record, record.space.axes[0])
    if content.importances:
        figures["importances"] = importances(content.importances)
    if curved(record):
        figures["curves"] = learning_curves(record, content.bands)
    return figures


def history(record: Record, steps: Sequence[tuple[int, float]]) -> Figure:
    """Values of trials as they came, the best so far, and the recipe's own settings."""
    metric, finished = record.settings.metric, record.of("finished")
    own = [trial for trial in finished if trial.own]
    traces = [_dots([trial for trial in finished if not trial.own], metric, "finished", HUES[0], "circle")]
    traces += [_dots(own, metric, "the recipe's own settings", HUES[2], "diamond")] if own else []
    if steps:
        ends = [*steps, (max(trial.number for trial in record.tried), steps[-1][1])]
        line = scatter(
            x=[number for number, _ in ends],
            y=[value for _, value in ends],
            name="best so far",
            mode="lines",
            line={"color": BEST, "shape": "hv"},
            hoverinfo="skip",
        )
        traces.append(line)
    for state, (_, symbol) in GIVEN_UP.items():
        given_up = record.of(state)
        judged = [trial for trial in given_up if trial.curve]
        silent = [trial for trial in given_up if not trial.curve]
        for trials, axis in ((judged, "y"), (silent, "y2")):
            if trials:
                shown = _dots(trials, metric, state, QUIET, symbol)
                traces.append({**shown, "yaxis": axis, "showlegend": trials is judged or not judged})
    foot = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    return figure(traces, x="trial", y=metric, xaxis=WHOLE, hovermode="closest", yaxis2=foot, height=380)


def parallel(record: Record, bands: Sequence[Band]) -> Figure:
    """Each trial as a line through its parameters, in the colour of its value; the best are drawn last, on top."""
    axes = record.space.axes
    lines = [
        _lines(record, record.of(state), state, {"color": QUIET, "width": 1, "dash": dash})
        for state, (dash, _) in GIVEN_UP.items()
        if record.of(state)
    ]
    for place, band in reversed([*enumerate(bands)]):
        line = {"color": at(SCALE, place - 1), "width": 1.5 if len(record.tried) < MANY else 1} if place else THICK
        lines.append(_lines(record, band.trials, band.label, line))
    below = any(axis.parameter not in trial.parameters for trial in record.tried for axis in axes)
    xaxis = {
        "tickvals": [*range(len(axes))],
        "ticktext": [escape(axis.parameter).replace(" (", "<br>(") for axis in axes],
        "tickfont": {"size": 11},
        "range": [-0.25, len(axes) - 0.5],
        "gridcolor": QUIET,
        "fixedrange": True,
    }
    yaxis = {
        "range": [BELOW - 0.08 if below else -0.1, 1.1],
        "tickvals": [BELOW] if below else [],
        "ticktext": ["none"],
        "zeroline": False,
        "fixedrange": True,
    }
    notes = [note for place, axis in enumerate(axes) for note in _ends(axis, place)]
    look = {"annotations": notes, "hovermode": "closest", "height": 460, "legend": LEGEND}
    return figure(lines, x="", y="", xaxis=xaxis, yaxis=yaxis, **look)


def by_value(record: Record, axis: Axis) -> Figure:
    """What the only parameter that was searched comes to."""
    metric = record.settings.metric
    is_choice = isinstance(axis.among, TunedAmong)
    traces = []
    for name, hue, symbol, trials in (
        ("tried", HUES[0], "circle", [trial for trial in record.of("finished") if not trial.own]),
        ("the recipe's own settings", HUES[2], "diamond", [trial for trial in record.of("finished") if trial.own]),
    ):
        having = [trial for trial in trials if axis.parameter in trial.parameters]
        if having:
            values = [trial.parameters[axis.parameter] for trial in having]
            shown = _dots(having, metric, name, hue, symbol)
            traces.append({**shown, "x": [escape(word(value)) if is_choice else value for value in values]})
    if isinstance(axis.among, TunedAmong):
        order = [escape(word(each)) for each in axis.among.choices]
        xaxis: dict[str, Any] = {"type": "category", "categoryorder": "array", "categoryarray": order}
    else:
        low, high = (log10(end) if axis.among.log else end for end in (axis.among.low, axis.among.high))
        margin = 0.03 * (high - low)
        xaxis = {"type": "log" if axis.among.log else "linear", "range": [low - margin, high + margin]}
    return figure(traces, x=escape(axis.parameter), y=metric, xaxis=xaxis, hovermode="closest")


def importances(shares: Mapping[str, float]) -> Figure:
    """Shares of parameters as bars, the largest on top."""
    names = [*shares][::-1]
    bars = bar(
        x=[shares[name] for name in names],
        y=[escape(name) for name in names],
        orientation="h",
        marker={"color": HUES[0]},
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    xaxis = {"tickformat": ".0%", "rangemode": "tozero"}
    look = {"hovermode": "closest", "height": 120 + 28 * len(names)}
    return figure([bars], x="share", y="", xaxis=xaxis, yaxis={"dtick": 1}, **look)


def learning_curves(record: Record, bands: Sequence[Band]) -> Figure:
    """The metric by epoch, in the colour of what each trial came to."""
    others = [trial for trial in curved(record) if trial.state != "finished"]
    groups: list[tuple[str, dict[str, Any], Sequence[Trial]]] = []
    for state in dict.fromkeys(trial.state for trial in others):
        line = {"color": QUIET, "width": 1, "dash": GIVEN_UP.get(state, ("solid", ""))[0]}
        groups.append((state, line, [trial for trial in others if trial.state == state]))
    for place, band in reversed([*enumerate(bands)]):
        line = {"color": at(SCALE, place - 1), "width": 1.5 if len(record.tried) < MANY else 1} if place else THICK
        groups.append((band.label, line, [trial for trial in band.trials if len(trial.curve) > 1]))
    lines = [_joined(name, line, map(_curve, trials), len(trials)) for name, line, trials in groups if trials]
    metric = record.settings.metric
    return figure(lines, x="epoch", y=metric, xaxis=WHOLE, hovermode="closest", height=400, legend=LEGEND)


LEGEND = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"}
"""The best, which is drawn last, comes first."""


def _dots(trials: Sequence[Trial], metric: str, name: str, hue: str, symbol: str) -> dict[str, Any]:
    """Trials by number and value; those without one where they were last judged, or at the foot."""
    values = [_value(trial) for trial in trials]
    return scatter(
        x=[trial.number for trial in trials],
        y=[0.03 if value is None else value for value in values],
        text=[f"trial {trial.number}, {trial.state}{_told(metric, _value(trial))}" for trial in trials],
        name=name,
        mode="markers",
        marker={"color": hue, "symbol": symbol, "size": 8},
        hovertemplate="%{text}<extra></extra>",
    )


def _value(trial: Trial) -> float | None:
    return trial.curve[max(trial.curve)] if trial.value is None and trial.curve else trial.value


def _told(metric: str, value: float | None) -> str:
    return "" if value is None else f", {metric} {value:.4f}"


def _lines(record: Record, trials: Sequence[Trial], name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Trials as lines through their parameters."""
    metric, axes = record.settings.metric, record.space.axes

    def points(trial: Trial) -> Iterable[dict[str, Any]]:
        for place, axis in enumerate(axes):
            has = axis.parameter in trial.parameters
            value = word(trial.parameters[axis.parameter]) if has else "none"
            yield {
                "x": place,
                "y": round(height(axis, trial.parameters[axis.parameter]), 4) if has else BELOW,
                "text": f"trial {trial.number}: {escape(value)}{_told(metric, trial.value)}",
            }

    return _joined(name, line, map(points, trials), len(trials))


def _curve(trial: Trial) -> Iterable[dict[str, Any]]:
    epochs = sorted(trial.curve)
    step = -(-len(epochs) // CURVE)
    for epoch in dict.fromkeys([*epochs[::step], epochs[-1]]):
        value = trial.curve[epoch]
        yield {"x": epoch, "y": value, "text": f"trial {trial.number}, epoch {epoch}: {value:.4f}"}


def _joined(name: str, line: dict[str, Any], parts: Iterable[Iterable[dict[str, Any]]], count: int) -> dict[str, Any]:
    """Several lines as one trace, with gaps between, so that a legend names them once."""
    points = [point for part in parts for point in (*part, GAP)][:-1]
    return scatter(
        **{key: [point[key] for point in points] for key in GAP},
        name=name if count == 1 else f"{name} ({count})",
        mode="lines",
        line=line,
        hovertemplate="%{text}<extra></extra>",
    )


def _ends(axis: Axis, place: int) -> list[dict[str, Any]]:
    """What stands beside an axis: its ends, or its choices."""
    among = axis.among
    marked = among.choices if isinstance(among, TunedAmong) else (among.low, among.high)
    return [
        {
            "text": escape(_cut(word(each))),
            "x": place,
            "y": height(axis, each),
            "xanchor": "left",
            "xshift": 4,
            "showarrow": False,
            "font": {"color": INK, "size": 11},
            "bgcolor": SURFACE,
            "opacity": 0.85,
        }
        for each in marked
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
