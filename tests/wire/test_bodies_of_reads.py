"""A GET that is asked with a body, as vendors' searches are, and a body that may be left out."""

import jsonschema
import pytest

from appointed.wire.asgi import DialectApp
from appointed.wire.openapi import document
from appointed.wire.route import Answer, Credential, Route
from appointed.wire.server import Server
from test_openapi import OPENAPI
from toy_dialect import CONTEXT, Loan, Remote, Shelf, client, toy_dialect, well


async def search(request):
    wanted = request.optional_body(Remote)
    return Answer(200, {"enabled": None if wanted is None else wanted.is_enabled})


def routes(**changes):
    values = {
        "method": "GET",
        "path": "/found",
        "name": "search",
        "summary": "Search",
        "handler": search,
        "request_type": Remote,
        "responses": {200: dict[str, object]},
        "credential": Credential.REQUIRED,
    }
    return (Route(**(values | changes)),)


def toy_of(**changes):
    app = DialectApp(toy_dialect(Shelf(), routes=routes(**changes)), CONTEXT)
    return client(Server([app], well, well))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_body_is_read_whatever_the_method(method):
    async with toy_of(method=method, body_optional=True) as toy:
        full = await toy.request(method, "/found", content=b'{"isEnabled": true}')
        assert (full.status_code, full.json()) == (200, {"enabled": True})
        for nothing in (None, b"", b" \r\n"):
            absent = await toy.request(method, "/found", content=nothing)
            assert (absent.status_code, absent.json()) == (200, {"enabled": None})
        bad = await toy.request(method, "/found", content=b'{"isEnabled": 7}')
        assert (bad.status_code, bad.json()["error"]["field"]) == (400, "isEnabled")


async def test_head_needs_no_body_either_where_it_may_be_left_out():
    async with toy_of(body_optional=True) as toy:
        assert (await toy.head("/found")).status_code == 200


async def test_where_it_may_not_its_absence_is_refused():
    async with toy_of() as toy:
        absent = await toy.get("/found")
        assert (absent.status_code, absent.json()["error"]["code"]) == (400, "MALFORMED_BODY")


def test_an_optional_body_without_a_type_is_a_mistake():
    with pytest.raises(ValueError, match="an optional body has a type"):
        routes(request_type=None, body_optional=True)


@pytest.mark.parametrize("optional", [True, False])
def test_the_document_says_so(optional):
    described = document(toy_dialect(Shelf(), routes=routes(body_optional=optional)))
    jsonschema.Draft202012Validator(OPENAPI).validate(described)
    body = described["paths"]["/found"]["get"]["requestBody"]
    assert (body["required"], Loan.__name__ in described["components"]["schemas"]) == (not optional, False)
