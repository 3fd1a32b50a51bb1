"""The card of a paper: what its folder's `__init__.py` declares, and what the registry and the admin list."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One published paper that can be run here."""

    slug: str
    """Name of the folder, `<author><year>_<word>`."""
    title: str
    citation: str
    url: str
    asks_people: bool
    """It has a `design` and `stimuli`, so that studies can be made from it."""
    runs: bool = False
    """It has a `train`, whose `make` turns a `Run` into networks, measurements and claims."""
