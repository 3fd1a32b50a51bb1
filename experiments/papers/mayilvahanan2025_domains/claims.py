"""Claims of the paper."""

CLAIMS: tuple[object, ...] = ()
