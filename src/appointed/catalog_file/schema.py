"""The JSON Schema of the file, made from its shape."""

import json
from typing import Any

import msgspec

from appointed.catalog_file.shape import CatalogFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema (draft 2020-12) that editors check and complete a file by."""
    made = msgspec.json.schema(CatalogFile)
    return {"$schema": DIALECT, "title": "An Appointed catalogue", **made}


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
