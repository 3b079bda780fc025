"""The JSON Schema of profiles, for editors that complete and underline while one is being written.

Made from what the loader itself checks with, so it cannot say anything else. What only the proof knows (names that
refer to each other, examples that come true) no schema can say: `avctl check` does.
"""

from typing import Any

from avctl.drivers.profile import DIALECTS

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """One schema for all dialects; `dialect:` decides which half of it counts."""
    parts: dict[str, Any] = {}
    branches = []
    for name, dialect in sorted(DIALECTS.items()):
        made = dialect.schema.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        parts |= {f"{name}.{key}": part for key, part in made.pop("$defs", {}).items()}
        parts[name] = made
        condition = {"properties": {"dialect": {"const": name}}}
        branches.append({"if": condition, "then": {"$ref": f"#/$defs/{name}"}})
    return {
        "$schema": _DRAFT,
        "title": "A device profile of avctl",
        "type": "object",
        "required": ["profile", "dialect", "source", "examples"],
        "properties": {"dialect": {"enum": sorted(DIALECTS)}},
        "allOf": branches,
        "$defs": parts,
    }
