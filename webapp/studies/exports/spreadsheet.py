"""Keeps spreadsheets from taking texts for formulas: what begins like one gets an apostrophe before it.

Also behind blanks and quotes, which spreadsheets drop. Numbers, which are no texts, stay as they are.
"""

import re

BLANKS_AND_QUOTES = " \\t\\r\\n\\v\\f\\u00a0\\ufeff\"'"
STARTS = "=+\\-@|%\\t\\r\\n\\uff1d\\uff0b\\uff0d\\uff20"
"""Also the wide forms of =, +, - and @, and what old spreadsheets ran as commands."""
PATTERN = f"^[{BLANKS_AND_QUOTES}]*[{STARTS}]"
_FORMULA = re.compile(PATTERN)


def defused(text: str) -> str:
    """The text as it stands in a cell."""
    return "'" + text if _FORMULA.match(text) else text


def defused_sql(column: str) -> str:
    """The same as an expression of PostgreSQL, for a query with parameters."""
    pattern = PATTERN.replace("'", "''").replace("%", "%%")
    return f"CASE WHEN {column} ~ '{pattern}' THEN '''' || {column} ELSE {column} END AS {column}"
