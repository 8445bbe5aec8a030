"""The version of gnnrec, read by the build and by every run's environment.json."""

__version__ = "0.1.0"
