"""Every refusal there is, said in every dialect."""

import json
from dataclasses import fields

import jsonschema
import pytest

from answers import check_fits, document_of, schema_of, texts_in
from appointed.core.errors import REFUSALS, Refusal
from appointed.dialects import DIALECTS
from appointed.wire.dialect import Dialect
from appointed.wire.error_shape import ErrorShape
from appointed.wire.openapi import refusals_of

UNAVAILABLE = 503
SHAPES = {dialect.name: (dialect, dialect.error_shape) for dialect in DIALECTS} | {
    f"{dialect.name}.{route.name}": (dialect, route.error_shape)
    for dialect in DIALECTS
    for route in dialect.routes
    if route.error_shape is not None
}


def sample(kind: type[Refusal]) -> Refusal:
    """A refusal of this kind whose facts are made up."""
    return kind(**{fact.name: 7 if fact.type is int else "made_up" for fact in fields(kind)})


@pytest.mark.parametrize("kind", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("name", SHAPES)
def test_every_refusal_can_be_said(name: str, kind: type[Refusal]) -> None:
    """With a status that blames nobody else, in the shape that the document has, and with its code and a sentence."""
    dialect, shape = SHAPES[name]
    answer = shape.render_refusal(sample(kind), None, "asked")
    assert 400 <= answer.status < 500 or answer.status == UNAVAILABLE
    assert (answer.status == UNAVAILABLE) == (kind.code == "store_unavailable")
    assert isinstance(answer.body, bytes)
    body = json.loads(answer.body)
    check_fits(dialect, schema_of(shape), body)
    texts = list(texts_in(body))
    assert json.dumps(shape.rows[kind].code) in map(json.dumps, texts)
    assert any(" " in text and "{" not in text for text in texts if isinstance(text, str)), body


@pytest.mark.parametrize("name", SHAPES)
def test_a_failure_can_be_said_and_is_no_refusal(name: str) -> None:
    dialect, shape = SHAPES[name]
    answer = shape.render_failure(None, "asked")
    assert answer.status == 500
    assert isinstance(answer.body, bytes)
    check_fits(dialect, schema_of(shape), json.loads(answer.body))
    assert shape.failure.code not in {row.code for row in shape.rows.values()}


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_refusal_that_a_route_may_answer_is_in_the_document(dialect: Dialect) -> None:
    for route in dialect.routes:
        shape = route.error_shape or dialect.error_shape
        responses = document_of(dialect.name)["paths"][route.path][route.method.lower()]["responses"]
        for kind in refusals_of(route):
            response = responses[str(shape.rows[kind].status)]
            assert f"`{shape.rows[kind].code}`" in response["description"], f"{route.name}: {kind.code}"
            assert response["content"][shape.media_type]["schema"] == schema_of(shape)


def test_what_has_another_shape_does_not_fit() -> None:
    dialect = DIALECTS[0]
    shape: ErrorShape = dialect.error_shape
    with pytest.raises(jsonschema.ValidationError):
        check_fits(dialect, schema_of(shape), {"error": {"code": "made_up"}})
