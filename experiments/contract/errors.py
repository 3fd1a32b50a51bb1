"""The two ways in which a job ends without a result and without a fault in the code."""

from model_zoo.errors import InputError as InputError


class Cancelled(Exception):  # noqa: N818 -- not an error: somebody asked for it
    """The job was cancelled; raised by the progress callback of a maker."""
