"""The HTML of the report: for each result its claims, measurements, figures and environment. Called by `report` alone."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Protocol

VERDICTS: Mapping[bool | None, tuple[str, str]] = {
    True: ("holds", "yes"),
    False: ("fails", "does not hold"),
    None: ("open", "not judged"),
}
"""Class and words of each verdict."""
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1f2d3d; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 3rem; border-top: 1px solid #d9dee3; padding-top: 1rem; }
summary { cursor: pointer; font-weight: 600; margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid #d9dee3; }
td.number { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.holds { color: #00694d; } .fails { color: #a13f00; } .open { color: #5f6b76; }
figure { margin: 1.5rem 0; } figure img { max-width: 100%; } figcaption { font-size: .9rem; }
p.about { color: #5f6b76; font-size: .9rem; }
"""


class Shown(Protocol):
    """A result with its figures."""

    @property
    def result(self) -> Mapping[str, Any]:
        """What `result.json` says."""

    def figures(self) -> Iterator[tuple[str, bytes]]:
        """Caption and SVG of each figure."""


def page(results: Sequence[Shown]) -> str:
    """The page of all results; figures are data URIs, and nothing is fetched."""
    sections = "\n".join(_section(shown) for shown in results)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Results</title><style>{STYLE}</style></head>\n<body><h1>Results</h1>\n"
        "<p>Claims of papers, as they were reported and as they came out here. A claim that does not hold at our scale is listed "
        f"like any other.</p>\n{sections}\n</body></html>\n"
    )


def _section(shown: Shown) -> str:
    result = shown.result
    recipe, environment = result.get("recipe", {}), result.get("environment", {})
    about = ", ".join(f"{name} {recipe[name]}" for name in ("preset", "seed") if name in recipe)
    settings = "".join(f", {name} = {json.dumps(value)}" for name, value in recipe.get("settings", {}).items())
    parts = [
        f"<h2>{escape(str(result.get('paper', 'Analysis')))}</h2>",
        f'<p class="about">{escape(about + settings)}</p>' if recipe else "",
        *(f'<p class="fails">Warning: {escape(warning)}</p>' for warning in result.get("warnings", [])),
        _claims(result["claims"]),
        *(_measurements(subject, values) for subject, values in result.get("metrics", {}).items()),
        *(_figure(caption, svg) for caption, svg in shown.figures()),
        f'<p class="about">{escape(", ".join(f"{name} {value}" for name, value in environment.items()))}</p>',
    ]
    return f"<section>{''.join(parts)}</section>"


def _claims(claims: Sequence[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{escape(claim['statement'])}</td><td>{escape(claim['reported'])}<br>"
        f"<small>{escape(claim['source'])}</small></td><td>{escape(claim['value'] or 'no data at this scale')}</td>"
        f'<td class="{VERDICTS[claim["holds"]][0]}">{VERDICTS[claim["holds"]][1]}</td></tr>'
        for claim in claims
    )
    return (
        f"<table><thead><tr><th>Claim</th><th>Reported</th><th>Ours</th><th>Holds</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _measurements(subject: str, values: Mapping[str, Any]) -> str:
    """What was measured, folded away: the claims above say what is to be read first."""
    rows = "".join(
        f'<tr><td>{escape(_words(name))}</td><td class="number">{_cell(value)}</td></tr>' for name, value in values.items()
    )
    return f"<details><summary>Measured: {escape(_words(subject))}</summary><table><tbody>{rows}</tbody></table></details>"


def _cell(value: Any) -> str:
    """A measurement as HTML; rows with the same columns are a table of their own."""
    if not (
        isinstance(value, list) and value and all(isinstance(row, Mapping) and row.keys() == value[0].keys() for row in value)
    ):
        return escape(_value(value))
    heads = "".join(f"<th>{escape(_words(name))}</th>" for name in value[0])
    rows = "".join(f"<tr>{''.join(f'<td>{escape(_value(cell))}</td>' for cell in row.values())}</tr>" for row in value)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _figure(caption: str, svg: bytes) -> str:
    content = base64.b64encode(svg).decode()
    text = escape(caption)
    image = f'<img alt="{escape(caption, quote=True)}" src="data:image/svg+xml;base64,{content}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    """A measurement as people read it: numbers with four digits, lists and nested values joined."""
    if isinstance(value, Mapping):
        return "; ".join(f"{_words(name)}: {_value(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    if isinstance(value, float):
        return f"{value:.4g}"
    return "none" if value is None else str(value)
