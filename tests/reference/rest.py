"""The page of the REST interface, from its OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.generators import SchemaGenerator

HEAD = """# REST

Generated from the code by `python -m tests.reference`. The whole OpenAPI document is at `/api/v1/schema`; try it
at `/api/v1/docs`. Send `Authorization: Token …` (`python manage.py token_create`). Errors are `{"field", "message", "remedy"}`.
"""


def rest_page() -> str:
    """Every operation: what it does, takes and answers."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    parts = [HEAD]
    for path, operations in document["paths"].items():
        if path.endswith("/schema"):
            continue
        for method, operation in operations.items():
            parts.append(_section(f"{method.upper()} {path}", operation, document["components"]["schemas"]))
    return "\n".join(parts)


def _section(title: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    asked = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    rows = [f"| `{one['name']}` | {_kind(one['schema'])} | {' '.join(one.get('description', '').split())} |" for one in asked]
    table = ["", "| parameter | type | meaning |", "|---|---|---|", *rows] if rows else []
    body = [f"\nBody: {_content(operation['requestBody'], schemas)}."] if "requestBody" in operation else []
    answers = ", ".join(
        f"{code} {_content(one, schemas)}".strip() for code, one in operation["responses"].items() if code < "400"
    )
    about = " ".join(operation.get("description", "").split())
    return "\n".join([f"## `{title}`", "", about, *table, *body, "", f"Answers: {answers}.", ""])


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    return str(schema.get("format") or schema.get("type", "any"))


def _content(of: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Media types, and of JSON the fields."""
    told = []
    for media_type, content in of.get("content", {}).items():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        fields = ", ".join(f"`{field}`" for field in schemas.get(name, {}).get("properties", {}))
        told.append(f"{media_type} ({fields})" if fields else media_type)
    return " or ".join(told)
