"""Our own API as one value."""

import re

from appointed.dialects.native import (
    audit,
    catalog,
    closures,
    customers,
    entries,
    holds,
    impact,
    keys,
    me,
    sandbox,
    slots,
    visit_list,
    visits,
)
from appointed.dialects.native.client import client
from appointed.dialects.native.errors import ERRORS, MEDIA_TYPE, Problem, error_body
from appointed.wire.dialect import Dialect
from appointed.wire.request import Headers

_BEARER = re.compile(r"bearer +(\S+)", re.ASCII | re.IGNORECASE)


def read_credential(headers: Headers) -> str | None:
    """The key, sent as a bearer token (RFC 6750)."""
    found = _BEARER.fullmatch((headers.get("Authorization") or "").strip())
    return None if found is None else found[1]


NATIVE = Dialect(
    name="native",
    mount="",
    title="Appointed",
    description="Appointments and places in line: what is offered, what is taken, and why not.",
    version="v1",
    routes=(
        *me.ROUTES,
        *keys.ROUTES,
        *customers.ROUTES,
        *audit.ROUTES,
        *slots.ROUTES,
        *holds.ROUTES,
        *visits.ROUTES,
        *visit_list.ROUTES,
        *catalog.ROUTES,
        *entries.ROUTES,
        *closures.ROUTES,
        *impact.ROUTES,
        *sandbox.ROUTES,
    ),
    errors=ERRORS,
    error_type=Problem,
    error_body=error_body,
    error_media_type=MEDIA_TYPE,
    read_credential=read_credential,
    security={"key": {"type": "http", "scheme": "bearer"}},
    client=client,
    tells_timing=True,
    abilities=frozenset({"hold", "confirm", "move", "cancel", "book"}),
)
