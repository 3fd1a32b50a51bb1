"""The error for bad input: it names the field and the remedy, and crosses the queue as JSON.

Raised everywhere, shown by the CLI, REST and admin.
"""

from typing import Self


class InputError(ValueError):
    """Something a person asked for cannot be done as asked; nothing was changed.

    Args:
        field: Name of the input at fault, as the person typed it (`unit`, `steps`, `image`).
        message: What is wrong, with the offending value.
        remedy: What to do about it.
    """

    def __init__(self, *, field: str, message: str, remedy: str) -> None:
        super().__init__(f"{field}: {message}. {remedy}.")
        self.field, self.message, self.remedy = field, message, remedy

    def as_json(self) -> dict[str, str]:
        """The body of a 4xx answer and of a failed job."""
        return {"field": self.field, "message": self.message, "remedy": self.remedy}

    @classmethod
    def from_json(cls, error: dict[str, str]) -> Self:
        """The inverse of `as_json`."""
        return cls(field=error["field"], message=error["message"], remedy=error["remedy"])
