"""The commands of gnnrec, as its help lists them."""

from __future__ import annotations

COMMANDS = {
    "choose": (
        "choose",
        "Which recommender for these data? Run a short ladder of them, and write the choice as a recipe.",
    ),
    "run": ("run", "Train and judge what a recipe describes, and leave a run directory."),
    "resume": ("run", "Go on with a run that was interrupted, from its last checkpoint."),
    "refit": ("run", "Fit a finished run's recommender anew on more data: the run that goes into use."),
    "tune": ("tune", "Search a recipe's settings by validation; the test is not looked at."),
    "compare": ("compare", "Rank recipes and finished runs by a test metric, with intervals and p-values over users."),
    "runs": (
        "runs",
        "List runs: what they were, when, and what they measured. A run that did not finish ends in .partial.",
    ),
    "report": (
        "report",
        "Write a page about a finished run, or about several over the same split side by side; no run is changed.",
    ),
    "evaluate": ("use", "Judge a finished run again on its test interactions; the run is not changed."),
    "recommend": (
        "use",
        "Recommend items to users of a run, to all of them, or to somebody of whom only some items are known.",
    ),
    "similar": ("use", "Find the items most similar to one, as the run sees it."),
    "serve": ("serve", "Answer over HTTP with recommendations from a graph that grows while it answers."),
    "live": ("live", "Look into the store of a live server, export it for the next training, compact it."),
    "init": (
        "recipes",
        "Write a commented recipe to start from, and beside it the JSON Schema that an editor completes from.",
    ),
    "validate": ("recipes", "Check recipes and show everything that is wrong with them, each fault with its place."),
    "resolve": ("recipes", "Print a recipe with `extends` and -s applied and every default filled in."),
    "schema": (
        "recipes",
        "Print the JSON Schema of recipes over every installed component, for completion and checks in editors.",
    ),
    "list": ("inspect", "List the installed components, of one kind or of all."),
    "show": (
        "inspect",
        "Show a component: what it does, and its fields with types, bounds, defaults, ranges and meaning.",
    ),
    "plugins": (
        "inspect",
        "List the plugins that were found: loaded, disabled by GNNREC_DISABLE_PLUGINS, or failed and why.",
    ),
    "doctor": ("inspect", "Tell what this installation can do: versions, devices, plugins, data at hand."),
    "data": ("data", "Look at data sets, fetch them, and convert them to one folder of Parquet."),
    "new": ("new", "Start something of your own."),
}
"""Each command: the module that adds it, and the first paragraph of its help, so that naming all imports none."""
