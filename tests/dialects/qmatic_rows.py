"""How each of Qmatic's routes is asked by the authorisation test."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx

from appointed.core.catalog import Catalog
from appointed.core.ids import BranchId
from appointed.core.options import Options
from appointed.store import catalog as store
from appointed.usecases.context import Context
from authorisation_rows import Ids, Row, World
from people import MORNING, Person, new_branch, new_service, pool_resource
from qmatic_client import DOCUMENTED_ID, accepted, customer, token_of

TIMES = {"startTime": "2020-11-30T15:00:00Z", "endTime": "2020-11-30T15:05:00Z"}
SEARCH = json.dumps({"customer": {"personalIdentifier": "ada0000001"}}).encode()
CUSTOMER = json.dumps(customer()).encode()


async def ids(http: httpx.AsyncClient, context: Context, person: Person) -> Ids:
    """A service with a reservation and an appointment."""
    known = dict(await own(context, person))
    headers = await sent(http, person)

    async def reserved() -> str:
        answer = await http.post("/qmatic/reservations", content=wish(known), headers=headers)
        return accepted(answer, 201)["reservationId"]

    known["appointmentId"] = await reserved()
    confirmed = await http.put(f"/qmatic/reservations/{known['appointmentId']}", content=CUSTOMER, headers=headers)
    accepted(confirmed, 201)
    return {**known, "reservationId": await reserved()}


async def own(context: Context, person: Person) -> Ids:
    """A service at a branch whose id is the same for everybody, another branch, and the credential of the person."""
    branch, other = new_branch(id=BranchId(DOCUMENTED_ID)), new_branch()
    places = pool_resource(branch.id, 9)
    service = new_service(branch, places)
    catalog = Catalog(
        0,
        {each.id: each for each in (branch, other)},
        {service.id: service},
        {places.id: places},
        options=Options(combinations=True),
    )
    async with context.pool.transaction(person.tenant) as tx:
        await store.put(tx, person.tenant, catalog, MORNING)
    return {
        "branchId": str(other.id),
        "serviceId": str(service.id),
        "serviceIds": str(service.id),
        "client_id": str(person.caller.credential),
        "client_secret": person.key,
    }


async def sent(http: httpx.AsyncClient, person: Person) -> dict[str, str]:
    """A token of the person's, and their tenant."""
    return _headers(await token_of(http, person)) | {"X-TENANT-ID": str(person.tenant)}


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def wish(ids: Ids) -> bytes:
    """The body of a reservation."""
    return json.dumps({"serviceId": ids["serviceId"], "branchId": str(DOCUMENTED_ID), "timeSlot": TIMES}).encode()


def combined_wish(ids: Ids) -> bytes:
    """The body of a reservation of several services, although of one."""
    services = [{"serviceId": ids["serviceId"]}]
    return json.dumps({"services": services, "branchId": str(DOCUMENTED_ID), "timeSlot": TIMES}).encode()


def _form(ids: Ids) -> bytes:
    named = {name: ids[name] for name in ("client_id", "client_secret")}
    return urlencode({"grant_type": "client_credentials", **named}).encode()


def _body(**fields: str) -> Callable[[Ids], bytes]:
    def body(ids: Ids) -> bytes:
        made: dict[str, Any] = {name: ids[other] for name, other in fields.items()}
        return json.dumps(made).encode()

    return body


SERVICE = Row(("serviceId",))
RESERVATION = Row(("reservationId",))
APPOINTMENT = Row(("appointmentId",))
RESCHEDULE = replace(APPOINTMENT, body=_body(reservationId="reservationId"), success=204)

WORLD = World(
    rows={
        "getToken": Row(body=_form),
        "listServices": Row(),
        "listServiceGroups": Row(),
        "listBranchesOfService": SERVICE,
        "listTimeslots": replace(SERVICE, query=f"?branchId={DOCUMENTED_ID}"),
        "createReservation": Row(body=wish, success=201),
        "confirmReservation": replace(RESERVATION, body=CUSTOMER, success=201),
        "releaseReservation": replace(RESERVATION, success=204),
        "searchAppointments": Row(body=SEARCH),
        "searchAppointmentsByGet": Row(query="?personalIdentifier=ada0000001"),
        "readAppointment": APPOINTMENT,
        "cancelAppointment": replace(APPOINTMENT, success=204),
        "changeAppointmentCustomer": replace(APPOINTMENT, body=CUSTOMER, success=204),
        "rescheduleAppointment": RESCHEDULE,
        "rescheduleAppointmentByVerb": RESCHEDULE,
        "listCombinations": Row(),
        "listBranchCombinations": Row(("branchId",)),
        "listCombinationTimeslots": Row(("serviceIds",), query=f"?branchId={DOCUMENTED_ID}"),
        "createCombinedReservation": Row(body=combined_wish, success=201),
    },
    headers=_headers,
    ids=ids,
    own=own,
    sent=sent,
)
