"""Qmatic's dialect as one value."""

from appointed.dialects.qmatic import appointments, combinations, reservations, services, timeslots
from appointed.dialects.qmatic.asking import admit, spoken
from appointed.dialects.qmatic.client import client
from appointed.dialects.qmatic.errors import ERRORS, MEDIA_TYPE, ProblemBody, error_body
from appointed.dialects.qmatic.tokens import AUDIENCE, PATH, SCOPES, TOKEN
from appointed.wire.ability import Ability
from appointed.wire.dialect import Dialect
from appointed.wire.limits import Limit, Rate
from appointed.wire.oauth import by_token, read_bearer

QMATIC = Dialect(
    name="qmatic",
    mount="/qmatic",
    title="Cloud Appointments API",
    description="The booking flow of Qmatic Experience Cloud's Appointments API, served by Appointed.",
    version="v1",
    routes=(
        TOKEN,
        *spoken(
            (*services.ROUTES, *timeslots.ROUTES, *reservations.ROUTES, *appointments.ROUTES, *combinations.ROUTES)
        ),
    ),
    errors=ERRORS,
    error_type=ProblemBody,
    error_body=error_body,
    error_media_type=MEDIA_TYPE,
    read_credential=read_bearer,
    identify=by_token(AUDIENCE),
    admit=admit,
    security={
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"An access token of `POST {PATH}`. Its scopes are "
            + ", ".join(f"`{word}`" for word in SCOPES),
        }
    },
    client=client,
    abilities=frozenset(Ability) - {Ability.BOOK},
    limit=Limit(Rate(100, 60)),
    fold_case=True,
)
