"""Which route a path leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.caller import Scope
from appointed.core.errors import MethodUnknown, PathUnknown
from appointed.wire.lookup import Lookup
from appointed.wire.route import Answer, Credential, Parameter, Route, Where


async def nothing(request):
    return Answer(204)


def route(method, path, **changes):
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    values = {
        "name": f"{method} {path}",
        "summary": "",
        "handler": nothing,
        "responses": {204: type(None)},
        "credential": Credential.REQUIRED,
        "parameters": tuple(Parameter(name=name, where=Where.PATH, description="") for name in names),
    }
    return Route(method=method, path=path, **(values | changes))


TABLE = (
    ("GET", "/queues"),
    ("GET", "/queues/{queue}"),
    ("PATCH", "/queues/{queue}"),
    ("GET", "/queues/open"),
    ("POST", "/queues/{queue}/visits"),
    ("GET", "/queues/open/hours"),
    ("GET", "/{tenant}/services/{service}"),
    ("GET", "/queues/{queue}/visits/{visit}"),
)
LOOKUP = Lookup(route(method, path) for method, path in TABLE)


@pytest.mark.parametrize(
    ("method", "path", "expected", "values"),
    [
        ("GET", "/queues", "/queues", {}),
        ("GET", "/queues/7", "/queues/{queue}", {"queue": "7"}),
        ("PATCH", "/queues/7", "/queues/{queue}", {"queue": "7"}),
        ("GET", "/queues/open", "/queues/open", {}),
        ("GET", "/queues/open/hours", "/queues/open/hours", {}),
        ("POST", "/queues/open/visits", "/queues/{queue}/visits", {"queue": "open"}),
        ("GET", "/queues/services/9", "/{tenant}/services/{service}", {"tenant": "queues", "service": "9"}),
        ("GET", "/queues/open/visits/1", "/queues/{queue}/visits/{visit}", {"queue": "open", "visit": "1"}),
        ("GET", "/q%75eues/a%2Fb%20%C3%A9", "/queues/{queue}", {"queue": "a/b \u00e9"}),
        ("GET", "/queues/100%", "/queues/{queue}", {"queue": "100%"}),
        ("HEAD", "/queues", "/queues", {}),
    ],
)
def test_found(method, path, expected, values):
    found, parameters = LOOKUP.find(method, path)
    assert (found.path, parameters) == (expected, values)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "*",
        "//queues",
        "/queues/",
        "/queues//visits",
        "/Queues",
        "/queues/7/visits/8/9",
        "/queues/open/hours/now",
        "/queues/%FF",
        "/queues/a%00b",
        "/queues/%ED%A0%80",
        "/nothing",
    ],
)
def test_not_found(path):
    with pytest.raises(PathUnknown):
        LOOKUP.find("GET", path)
    with pytest.raises(PathUnknown):
        LOOKUP.allowed(path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/queues/7", "GET, HEAD, OPTIONS, PATCH"),
        ("GET", "/queues/7/visits", "OPTIONS, POST"),
        ("HEAD", "/queues/7/visits", "OPTIONS, POST"),
        ("get", "/queues", "GET, HEAD, OPTIONS"),
        ("PATCH", "/queues/open", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method(method, path, allowed):
    with pytest.raises(MethodUnknown) as caught:
        LOOKUP.find(method, path)
    assert caught.value.allowed == allowed
    assert LOOKUP.allowed(path) == allowed


@pytest.mark.parametrize("path", ["/QUEUES/Ab/Visits", "/queues/Ab/visits", "/Queues/Ab/VISITS"])
def test_literal_segments_in_any_case_where_the_dialect_folds_it(path):
    lookup = Lookup((route(method, path) for method, path in TABLE), fold_case=True)
    found, parameters = lookup.find("POST", path)
    assert (found.path, parameters) == ("/queues/{queue}/visits", {"queue": "Ab"})
    assert lookup.find("GET", "/queues/OPEN")[0].path == "/queues/open"
    assert lookup.find("GET", "/Queues/Services/S")[1] == {"tenant": "Queues", "service": "S"}
    for other in ("/Queue/Ab/visits", "/Queues/", "/Queues//visits"):
        with pytest.raises(PathUnknown):
            lookup.find("GET", other)


def test_two_routes_that_differ_in_case_are_a_mistake_where_it_is_folded():
    table = [route("GET", "/a/{b}/C", name="one"), route("GET", "/A/{b}/c", name="two")]
    assert Lookup(table).find("GET", "/A/1/c")[0].name == "two"
    with pytest.raises(ValueError, match="answer the same requests"):
        Lookup(table, fold_case=True)


def test_a_route_is_found_at_each_of_its_paths_and_at_no_other():
    lookup = Lookup([route("GET", "/v1/queues/{queue}", also=("/queues/{queue}",)), route("GET", "/queues/open")])
    for path in ("/v1/queues/7", "/queues/7"):
        found, parameters = lookup.find("GET", path)
        assert (found.path, parameters) == ("/v1/queues/{queue}", {"queue": "7"})
    assert lookup.find("GET", "/queues/open")[0].path == "/queues/open"
    with pytest.raises(PathUnknown):
        lookup.find("GET", "/v1/7")
    with pytest.raises(ValueError, match="answer the same requests"):
        Lookup([route("GET", "/v1/a", also=("/a",)), route("GET", "/a")])
    for wrong in ("/queues/{line}", "/queues", "queues/{queue}"):
        with pytest.raises(ValueError, match="path"):
            route("GET", "/v1/queues/{queue}", also=(wrong,))


@given(st.lists(st.sampled_from(["queues", "open", "services", "visits", "hours", "7", ""]), max_size=5))
def test_agrees_with_a_search_of_the_whole_table(segments):
    """Of the templates that fit, the one wins that is literal where it first differs from the others."""
    fitting = []
    for _, template in TABLE:
        parts = template.split("/")[1:]
        fits = len(parts) == len(segments) and all(
            part == segment or (part.startswith("{") and segment)
            for part, segment in zip(parts, segments, strict=False)
        )
        if fits:
            fitting.append((["{" in part for part in parts], template))
    expected = min(fitting)[1] if fitting else None
    try:
        found = LOOKUP.find("GET", "/" + "/".join(segments))[0].path
    except PathUnknown:
        found = None
    except MethodUnknown:
        assert ("GET", expected) not in TABLE
        return
    assert found == expected


def test_two_routes_for_one_request_are_a_mistake():
    with pytest.raises(ValueError, match="answer the same requests"):
        Lookup([route("GET", "/a/{b}", name="one"), route("GET", "/a/{c}", name="two")])


def test_two_routes_of_one_name_are_a_mistake():
    with pytest.raises(ValueError, match="two routes are named one"):
        Lookup([route("GET", "/a", name="one"), route("GET", "/b", name="one")])


@pytest.mark.parametrize(
    ("path", "changes", "problem"),
    [
        ("a", {}, "slash"),
        ("/a/{b}", {"parameters": ()}, "path parameters"),
        ("/a", {"parameters": (Parameter(name="b", where=Where.PATH, description=""),)}, "path parameters"),
        ("/a", {"method": "HEAD"}, "HEAD"),
        ("/a", {"credential": Credential.NONE, "scope": Scope.READ}, "scope"),
        ("/a", {"credential": Credential.NONE, "idempotent": True}, "key"),
        ("/a", {"responses": {}}, "response"),
    ],
)
def test_a_route_that_contradicts_itself_is_a_mistake(path, changes, problem):
    with pytest.raises(ValueError, match=problem):
        route(changes.pop("method", "GET"), path, **changes)
