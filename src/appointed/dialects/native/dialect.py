"""Our own API as one value."""

from appointed.dialects.native import (
    audit,
    catalog,
    closures,
    combinations,
    customers,
    entries,
    holds,
    impact,
    keys,
    me,
    options,
    sandbox,
    slots,
    visit_list,
    visits,
)
from appointed.dialects.native.client import client
from appointed.dialects.native.errors import ERRORS, MEDIA_TYPE, Problem, error_body
from appointed.dialects.native.examples import EXAMPLES
from appointed.wire.ability import Ability
from appointed.wire.dialect import Dialect
from appointed.wire.oauth import read_bearer

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
        *combinations.ROUTES,
        *impact.ROUTES,
        *options.ROUTES,
        *sandbox.ROUTES,
    ),
    errors=ERRORS,
    error_type=Problem,
    error_body=error_body,
    error_media_type=MEDIA_TYPE,
    read_credential=read_bearer,
    security={"key": {"type": "http", "scheme": "bearer"}},
    client=client,
    tells_timing=True,
    examples=EXAMPLES,
    abilities=frozenset(Ability),
)
