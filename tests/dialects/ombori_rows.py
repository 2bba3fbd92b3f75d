"""How each of Ombori's routes is asked by the authorisation test."""

from dataclasses import replace

import httpx

from appointed.usecases.context import Context
from authorisation_rows import Ids, Row, World
from ombori_client import DOCUMENTED_REQUEST, Ombori, accepted
from people import Person, new_queue

QUEUE = Row(("organizationId", "queueId"), path={"region": "eu"})
RESERVATION = replace(QUEUE, ids=("organizationId", "queueId", "reservationId"))
POSITION = replace(QUEUE, ids=("organizationId", "queueId", "positionId"))


async def ids(http: httpx.AsyncClient, context: Context, person: Person) -> Ids:
    """A queue with a reservation."""
    ombori = Ombori(http, context, person, await new_queue(context, person, capacity=9))
    visit = accepted(await ombori.reserve(), 201)["id"]
    return {
        "organizationId": str(person.tenant),
        "queueId": str(ombori.queue.id),
        "reservationId": visit,
        "positionId": visit,
    }


async def own(context: Context, person: Person) -> Ids:
    """A queue."""
    queue = await new_queue(context, person)
    return {"organizationId": str(person.tenant), "queueId": str(queue.id)}


WORLD = World(
    rows={
        "listTimeslots": QUEUE,
        "listTimeSlots": QUEUE,
        "listBookingTimeslots": QUEUE,
        "createReservation": replace(QUEUE, body=DOCUMENTED_REQUEST, success=201),
        "updateReservation": replace(RESERVATION, body=b'{"numberOfPeople": 2}'),
        "confirmReservation": RESERVATION,
        "createBooking": replace(QUEUE, body=DOCUMENTED_REQUEST, success=201),
        "getPosition": POSITION,
        "cancelPosition": POSITION,
    },
    headers=lambda key: {"ApiKey": key},
    ids=ids,
    own=own,
)
