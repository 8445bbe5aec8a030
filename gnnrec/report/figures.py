"""The figures of a page as plotly's JSON, in the colours of the light theme; the page's own script draws them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from gnnrec.report.colours import HUES, INK, QUIET
from gnnrec.report.drawing import DASHES, SYMBOLS, WHOLE, Figure, at, bar, figure, scatter, words
from gnnrec.report.embedding_map import OTHER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnnrec.report.content import Content, LongTail
    from gnnrec.report.curves import Curves
    from gnnrec.report.distributions import Histogram
    from gnnrec.report.embedding_map import EmbeddingMap
    from gnnrec.report.groups import Grouped
    from gnnrec.report.side_by_side import Duel, SideBySide

MAP_HEIGHT = 560
LOSSES = ("train_loss", "val_loss")


def run_figures(content: Content) -> dict[str, Figure]:
    """The figures of a page about one run, by name."""
    figures = {
        "tail": long_tail(content.tail),
        "users": user_histogram(content.tail),
        "scores": scores(content.scores),
    }
    if content.by_popularity is not None:
        figures["popularity"] = grouped(content.by_popularity, "training interactions of the item")
    if content.by_activity is not None:
        figures["activity"] = grouped(content.by_activity, "training interactions of the user")
    if content.curves is not None:
        figures["loss"] = training(content.curves, LOSSES, "loss")
        if content.monitor not in LOSSES and content.monitor in content.curves.series:
            figures["monitored"] = training(content.curves, (content.monitor,), words(content.monitor))
    if content.map is not None:
        figures["map"] = embedding_map(content.map)
    return figures


def side_by_side_figures(content: SideBySide) -> dict[str, Figure]:
    """The figures of a page about several runs, by name."""
    figures = {}
    names = dict.fromkeys(("val_loss", *filter(None, content.monitors)))
    for name in names:
        if any(each is not None and name in each.series for each in content.curves):
            figures[name] = overlaid(content.labels, content.curves, name)
    for number, duel in enumerate(content.duels):
        figures[f"duel-{number}"] = duel_of_users(duel)
    return figures


def long_tail(tail: LongTail) -> Figure:
    """Interactions of items by rank."""
    line = scatter(
        x=tail.ranks,
        y=tail.interactions,
        mode="lines",
        fill="tozeroy",
        line={"color": HUES[0]},
        hovertemplate="item %{x:,}: %{y:,} interactions<extra></extra>",
    )
    return figure(
        [line], x="items, most popular first", y="interactions", xaxis=WHOLE, yaxis={"type": "log", "dtick": 1}
    )


def user_histogram(tail: LongTail) -> Figure:
    """Users by their interactions."""
    bars = bar(
        x=tail.users.labels,
        y=tail.users.sizes.tolist(),
        marker={"color": HUES[0]},
        hovertemplate="%{y:,} users with %{x} interactions<extra></extra>",
    )
    return figure([bars], x="interactions of the user", y="users", xaxis={"type": "category"})


def training(curves: Curves, names: Sequence[str], y: str) -> Figure:
    """Curves over epochs, with the chosen epoch marked."""
    shown = [name for name in names if name in curves.series]
    lines = [_curve(curves, name, words(name), place) for place, name in enumerate(shown)]
    x = curves.chosen
    upright = {
        "type": "line",
        "line": {"color": QUIET, "dash": "dot", "width": 1.5},
        "xref": "x",
        "x0": x,
        "x1": x,
        "yref": "y domain",
        "y0": 0,
        "y1": 1,
    }
    note = {
        "text": f"chosen: epoch {x}",
        "font": {"color": INK},
        "showarrow": False,
        "xref": "x",
        "x": x,
        "xanchor": "left" if x < curves.epochs[-1] / 2 else "right",
        "yref": "y domain",
        "y": 1,
        "yanchor": "top",
    }
    return figure(lines, x="epoch", y=y, shapes=[upright], annotations=[note])


def overlaid(labels: Sequence[str], curves_of: Sequence[Curves | None], name: str) -> Figure:
    """One number of several runs over their epochs, each with its chosen epoch as a dot; a run keeps its colour."""
    lines = []
    for place, (label, curves) in enumerate(zip(labels, curves_of, strict=True)):
        if curves is None or name not in curves.series:
            continue
        lines.append(_curve(curves, name, escape(label), place))
        chosen = scatter(
            x=[curves.chosen],
            y=[curves.at_chosen(name)],
            mode="markers",
            marker={"color": at(HUES, place), "size": 10, "symbol": at(SYMBOLS, place)},
            hovertemplate=f"{escape(label)}, chosen epoch %{{x}}: %{{y:.4f}}<extra></extra>",
            showlegend=False,
        )
        lines.append(chosen)
    return figure(lines, x="epoch", y=words(name))


def scores(content: Histogram) -> Figure:
    """How scores of several samples are spread."""
    lines = [
        scatter(
            x=content.centres,
            y=shares,
            name=name,
            mode="lines",
            fill="tozeroy",
            line={"color": at(HUES, place), "dash": at(DASHES, place), "shape": "hvh"},
            hovertemplate=f"%{{y:.1%}} of {name} near %{{x:.3~g}}<extra></extra>",
        )
        for place, (name, shares) in enumerate(content.shares.items())
    ]
    return figure(lines, x="score", y="share of pairs", yaxis={"tickformat": ".0%", "rangemode": "tozero"})


def grouped(content: Grouped, x: str) -> Figure:
    """Metrics of groups as bars side by side."""
    bars = [
        bar(
            x=content.labels,
            y=values,
            name=name,
            customdata=content.sizes,
            marker={"color": at(HUES, place)},
            hovertemplate=f"{name} %{{y:.4f}} over %{{customdata}}<extra></extra>",
        )
        for place, (name, values) in enumerate(content.means.items())
    ]
    xaxis = {"type": "category", "categoryorder": "array", "categoryarray": content.labels}
    y = " and ".join(content.means)
    return figure(bars, x=x, y=y, xaxis=xaxis, yaxis={"rangemode": "tozero"}, barmode="group")


def embedding_map(content: EmbeddingMap) -> Figure:
    """Items on a plane, by group."""
    groups = sorted(set(content.groups), key=lambda group: (group == OTHER, -content.groups.count(group), group))
    dots = []
    for place, group in enumerate(groups):
        chosen = [i for i, each in enumerate(content.groups) if each == group]
        hue = QUIET if group == OTHER else at(HUES, place)
        dots.append(
            scatter(
                x=[round(content.x[i], 4) for i in chosen],
                y=[round(content.y[i], 4) for i in chosen],
                text=[escape(content.titles[i]) for i in chosen],
                name=escape(group),
                mode="markers",
                marker={"color": hue, "symbol": at(SYMBOLS, place), "size": 6, "opacity": 0.75},
                hovertemplate="%{text}<extra></extra>",
            )
        )
    hidden = {"showticklabels": False, "zeroline": False}
    first, second = "first principal component", "second principal component"
    return figure(dots, x=first, y=second, xaxis=hidden, yaxis=hidden, hovermode="closest", height=MAP_HEIGHT)


def duel_of_users(duel: Duel) -> Figure:
    """A metric of each user under two runs; on the line both are equal."""
    first, second = escape(duel.first), escape(duel.second)
    largest = max(duel.users, default=1)
    dots = scatter(
        x=duel.x,
        y=duel.y,
        customdata=duel.users,
        mode="markers",
        marker={
            "color": HUES[0],
            "opacity": 0.6,
            "size": duel.users,
            "sizemode": "area",
            "sizeref": 2 * largest / 24**2,
            "sizemin": 3,
        },
        hovertemplate=f"{first} %{{x}}, {second} %{{y}}: %{{customdata:,}} users<extra></extra>",
    )
    line = scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": QUIET, "dash": "dash", "width": 1.5}, hoverinfo="skip"
    )
    shape = {"range": [-0.04, 1.04]}
    names = {"x": f"{duel.metric} of {first}", "y": f"{duel.metric} of {second}"}
    return figure([line, dots], **names, xaxis=shape, yaxis=shape, hovermode="closest", height=420, showlegend=False)


def _curve(curves: Curves, name: str, label: str, place: int) -> dict[str, Any]:
    return scatter(
        x=curves.epochs,
        y=curves.series[name],
        name=label,
        mode="lines",
        connectgaps=True,
        line={"color": at(HUES, place), "dash": at(DASHES, place)},
        hovertemplate=f"{label} %{{y:.4f}}<extra></extra>",
    )
