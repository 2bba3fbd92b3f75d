"""Every place of an OpenAPI document that takes an id or a slug, found by reading the document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What a reference is of, by the name that it goes by.
KINDS: Mapping[str, str] = {
    "branch": "branch",
    "branches": "branch",
    "customer": "customer",
    "customer_id": "customer",
    "group": "group",
    "key": "key",
    "resource": "resource",
    "resources": "resource",
    "service": "service",
    "service_group": "service_group",
    "services": "service",
    "service-groups": "service_group",
    "visit": "visit",
}
_MEMBERS = ("anyOf", "oneOf", "allOf")


@dataclass(frozen=True)
class Position:
    """One place of one operation: `path` names it in the body as `parts[].service`, and elsewhere by itself.

    `kind` is what it names, or "" where nobody has said so yet. `takes` tells ids from slugs, or has both.
    """

    operation: str
    where: str
    path: str
    kind: str
    takes: tuple[str, ...]

    @property
    def names_itself(self) -> bool:
        """Whether it is the name of what is made or changed, not of something that is there."""
        return self.kind == "tenant" or self.path.rsplit(".", 1)[-1] in ("id", "slug")

    def __str__(self) -> str:
        return f"{self.operation}.{self.where}.{self.path}"


def positions(document: Mapping[str, Any]) -> list[Position]:
    """All positions of a document, each once."""
    found: dict[str, Position] = {}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            for each in _of_operation(document, path, operation):
                found.setdefault(str(each), each)
    return list(found.values())


def _of_operation(document: Mapping[str, Any], path: str, operation: Mapping[str, Any]) -> Iterator[Position]:
    name = operation["operationId"]
    for parameter in operation.get("parameters", []):
        kind, schema = KINDS.get(parameter["name"], ""), parameter["schema"]
        if kind or schema.get("format") == "uuid":
            yield Position(name, parameter["in"], parameter["name"], kind, _taken(parameter["name"], schema))
    if "requestBody" in operation:
        (content,) = operation["requestBody"]["content"].values()
        thing = next(part for part in reversed(path.split("/")) if "{" not in part)
        for place, schema in _strings(document, content["schema"], "", ()):
            kind = _kind(thing, place)
            if kind or schema.get("format") == "uuid":
                yield Position(name, "body", place, kind, _taken(place, schema))


def _taken(place: str, schema: Mapping[str, Any]) -> tuple[str, ...]:
    if schema.get("format") == "uuid":
        return ("id",)
    return ("slug",) if place.rsplit(".", 1)[-1] == "slug" else ("id", "slug")


def _kind(thing: str, place: str) -> str:
    """What a place in a body names. An id and a slug of its own belong to the list around, or to the path's subject."""
    *before, name = place.replace("[]", "").split(".")
    around = before[-1] if before else thing
    if name == "to":
        return "customer" if around == "relations" else ""
    if name not in ("id", "slug"):
        return KINDS.get(name, "")
    if around in ("tenant", "groups"):
        return "tenant" if around == "tenant" else "service_group"
    return KINDS.get(before[-2] if around == "change" else around, "")


def _strings(
    document: Mapping[str, Any], schema: Mapping[str, Any], place: str, within: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each text in a schema with where it stands; what contains itself is entered once."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        if name not in within:
            yield from _strings(document, document["components"]["schemas"][name], place, (*within, name))
        return
    for member in (member for word in _MEMBERS for member in schema.get(word, ())):
        yield from _strings(document, member, place, within)
    for name, member in schema.get("properties", {}).items():
        yield from _strings(document, member, f"{place}.{name}".lstrip("."), within)
    if isinstance(schema.get("items"), Mapping):
        yield from _strings(document, schema["items"], place + "[]", within)
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _strings(document, schema["additionalProperties"], place + "{}", within)
    if schema.get("type") == "string" and "enum" not in schema:
        yield place, schema
