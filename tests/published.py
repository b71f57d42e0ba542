"""What hosts publish as the shape of their answers, and a check of values against it."""

import json
from pathlib import Path
from typing import Any

SERVICE: dict[str, Any] = json.loads((Path(__file__).parent / "loopback" / "provider" / "service.json").read_text())
"""Answers of the service endpoints of AI/ML API, by path."""
TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
    "boolean": bool,
}


def problems(schema: dict[str, Any], value: Any, where: str = "body") -> list[str]:
    """What a schema has against a value; fields it does not know, or calls deprecated, count."""
    if schema.get("deprecated"):
        return [f"{where} is deprecated"]
    if value is None and schema.get("nullable"):
        return []
    expected = TYPES.get(schema.get("type", ""), object)
    if not isinstance(value, expected) or isinstance(value, bool) is not (expected is bool):
        return [f"{where} is no {schema['type']}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is none of {schema['enum']}")
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        found.append(f"{where} is too long")
    if "maxItems" in schema and not schema.get("minItems", 0) <= len(value) <= schema["maxItems"]:
        found.append(f"{where} has too few or too many")
    if "minimum" in schema and not schema["minimum"] <= value <= schema["maximum"]:
        found.append(f"{where} is out of range")
    if schema.get("format") == "uri" and "://" not in value:
        found.append(f"{where} is no URI")
    if isinstance(value, dict):
        found += [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, inner in value.items():
            if "properties" not in schema:  # an object of which nothing more is said
                break
            known = schema["properties"].get(name)
            found += problems(known, inner, f"{where}.{name}") if known else [f"{where}.{name} is unknown"]
    if isinstance(value, list):
        for n, inner in enumerate(value):
            found += problems(schema["items"], inner, f"{where}.{n}")
    return found
