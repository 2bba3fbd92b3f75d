"""Requests drawn from the document of a dialect, and what every answer to them has to be."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from adapters import ADAPTERS
from appointed.wire.forms import FORM
from authorisation_rows import Row
from exchanges import without_trailing_commas
from people import Person, new_owner
from proofs.in_process import InProcess

CHECKED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
NAMED = ("branch", "service", "resource", "service_group", "visit", "group", "key")
STARTS = ("2020-11-30T15:00:00Z", "2020-11-30T15:05:00Z", "2020-11-30T16:00:00+01:00")


class Drawn:
    """Somebody with one of everything that a dialect knows of, and its document as it is served."""

    def __init__(self, application: InProcess, name: str) -> None:
        self._adapter = ADAPTERS[name]
        self.schema = _document(application, self._adapter.dialect.mount)
        self.person, self.ids, self.headers = application.run(self._made(application))

    async def _made(self, application: InProcess) -> tuple[Person, Mapping[str, str], Mapping[str, str]]:
        person = await new_owner(application.context)
        async with application.client() as http:
            ids = await self._adapter.world.ids(http, application.context, person)
            return person, ids, await self._adapter.headers(http, person)

    def row(self, case: Any) -> Row:
        return self._adapter.world.rows[case.operation.definition.raw["operationId"]]

    def make_real(self, case: Any) -> None:
        """Let a request name what there is: else all that is ever looked at is how what is unknown is refused."""
        known = {**self.ids, **self.row(case).path}
        case.path_parameters = {name: known.get(name, value) for name, value in (case.path_parameters or {}).items()}
        case.query = self.filled(dict(case.query or {}))
        if isinstance(case.body, dict):
            case.body = self.filled(case.body)

    def make_good(self, case: Any) -> None:
        """Let a request have what the other tests send, beside what was drawn and they do not."""
        self.make_real(case)
        row = self.row(case)
        case.query = {**(case.query or {}), **dict(parse_qsl(row.query.removeprefix("?")))}
        content = row.content(self.ids)
        if isinstance(case.body, dict) and content is not None:
            form = case.media_type == FORM
            case.body |= dict(parse_qsl(content.decode())) if form else without_trailing_commas(content)

    def filled(self, value: Any) -> Any:
        """The same with what there is in place of what was made up."""
        match value:
            case dict():
                return {name: self._member(name, member) for name, member in value.items()}
            case list():
                return [self.filled(member) for member in value]
            case _:
                return value

    def _member(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return self.filled(value)
        if name == "starts_at":
            return STARTS[len(value) % len(STARTS)]
        return self.ids[name] if name in NAMED and name in self.ids else value

    def sent_with(self, case: Any) -> dict[str, str]:
        """The headers of somebody, where the operation asks who it is."""
        return dict(self.headers) if case.operation.definition.raw["security"] else {}

    def check(self, case: Any) -> Any:
        """Ask, and compare the answer with the document."""
        answer = case.call(headers=self.sent_with(case))
        case.validate_response(answer, checks=CHECKED)
        return answer


@cache
def _document(application: InProcess, mount: str) -> Any:
    return schemathesis.openapi.from_asgi(f"{mount}/openapi.json", application)


def bounded(examples: int, **more: Any) -> settings:
    """So many examples, the same in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )
