"""Finds the route of a path in a tree of its segments: literal segments first, then the one parameter."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

from appointed.core.errors import MethodUnknown, PathUnknown
from appointed.wire.route import PARAMETER_IN_PATH, Route


class _Node:
    __slots__ = ("literals", "parameter", "routes")

    def __init__(self, fold_case: bool) -> None:
        self.literals: dict[str, _Node] = _Folded() if fold_case else {}
        self.parameter: _Node | None = None
        self.routes: dict[str, tuple[Route, list[str]]] = {}


class _Folded(dict[str, _Node]):
    """Finds a segment in any case; a plain dictionary in its place costs the others nothing."""

    def get(self, key: str, default: Any = None, /) -> Any:
        return super().get(key.lower(), default)

    def setdefault(self, key: str, default: _Node, /) -> _Node:
        return super().setdefault(key.lower(), default)


class Lookup:
    """The routes of one dialect; with `fold_case`, literal segments match in any case and parameters keep theirs.

    Raises ValueError for two routes that nothing tells apart, or of one name.
    """

    def __init__(self, routes: Iterable[Route], *, fold_case: bool = False) -> None:
        self._fold_case = fold_case
        self._root = _Node(fold_case)
        names: set[str] = set()
        for route in routes:
            if route.name in names:
                raise ValueError(f"two routes are named {route.name}")
            names.add(route.name)
            for path in (route.path, *route.also):
                self._add(route, path)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route that answers, and its path parameters, decoded. HEAD is answered by the route of GET.

        Raises PathUnknown where the path leads nowhere or is no text, else MethodUnknown.
        """
        segments = _segments(path)
        values: list[str] = []
        node = _descend(self._root, segments, 1, values)
        if node is None:
            raise PathUnknown
        found = node.routes.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodUnknown(allowed=_allowed(node))
        route, names = found
        return route, dict(zip(names, values, strict=True))

    def allowed(self, path: str) -> str:
        """The methods that the path understands, separated by commas. Raises PathUnknown."""
        node = _descend(self._root, _segments(path), 1, [])
        if node is None:
            raise PathUnknown
        return _allowed(node)

    def _add(self, route: Route, path: str) -> None:
        node = self._root
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node(self._fold_case)
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node(self._fold_case))
        if route.method in node.routes:
            raise ValueError(f"routes {node.routes[route.method][0].name} and {route.name} answer the same requests")
        node.routes[route.method] = (route, PARAMETER_IN_PATH.findall(path))


def _segments(path: str) -> list[str]:
    """The decoded segments; the first is empty, since a path starts with a slash."""
    segments = path.split("/")
    if "%" in path:
        try:
            segments = [unquote_to_bytes(segment).decode() for segment in segments]
        except UnicodeDecodeError:
            raise PathUnknown from None
        if any("\0" in segment for segment in segments):
            raise PathUnknown
    return segments


def _descend(node: _Node, segments: list[str], index: int, values: list[str]) -> _Node | None:
    """The node that the segments from `index` lead to; what parameters stand for is added to `values`.

    A literal that leads nowhere is taken back and read as the parameter.
    """
    while index < len(segments):
        segment = segments[index]
        index += 1
        literal = node.literals.get(segment)
        if literal is not None:
            if node.parameter is None:
                node = literal
                continue
            known = len(values)
            if found := _descend(literal, segments, index, values):
                return found
            del values[known:]
        if node.parameter is None or not segment:
            return None
        values.append(segment)
        node = node.parameter
    return node if node.routes else None


def _allowed(node: _Node) -> str:
    methods = {*node.routes, "OPTIONS"} | ({"HEAD"} if "GET" in node.routes else set[str]())
    return ", ".join(sorted(methods))
