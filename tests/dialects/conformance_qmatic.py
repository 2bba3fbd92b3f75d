"""Qmatic's dialect as the conformance suite speaks it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

import qmatic_rows
from appointed.core.catalog import Catalog, Role, Service, ServiceGroup
from appointed.core.errors import VisitNotFound
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.language import Text
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import Question, ResourceChoice, ScreeningQuestion
from appointed.dialects.qmatic.dialect import QMATIC
from appointed.store import catalog as store
from appointed.usecases.context import Context
from appointed.wire.ability import Ability
from conformance import Adapter, Speaker
from exchanges import Stage
from people import MORNING, exclusive_resource, new_branch, new_owner
from qmatic_client import DOCUMENTED_ID, MINUTE, customer

TEXT = "string"


class QmaticAdapter(Adapter):
    """What was given back or cancelled is found no more. A move is a hold, whose time the appointment takes."""

    dialect = QMATIC
    lifetime = timedelta(minutes=15)
    repeated: ClassVar = {Ability.RELEASE: VisitNotFound, Ability.CANCEL: VisitNotFound}
    world = qmatic_rows.WORLD

    async def stage(self, http: httpx.AsyncClient, context: Context) -> Stage:
        owner = await new_owner(context)
        async with context.pool.transaction(owner.tenant) as tx:
            await store.put(tx, owner.tenant, documented_catalog(), MORNING)
        return Stage(await self.headers(http, owner), {})

    def visit_in(self, body: Any) -> str:
        return body["reservationId"]

    def visit_in_step(self, body: Any) -> str:
        return body["appointmentId"]

    def starts_in(self, body: Any) -> set[datetime]:
        return {datetime.fromisoformat(slot["startTime"]) for slot in body}

    async def offer(self, by: Speaker) -> httpx.Response:
        service = by.calendar.service
        query = f"branchId={service.branch_id}&startDate=2020-11-30&endDate=2020-11-30"
        return await by.send("GET", f"/external/v1/services/{service.id}/timeslots?{query}")

    async def hold(self, by: Speaker, start: datetime, **headers: str) -> httpx.Response:
        service = by.calendar.service
        body = {
            "serviceId": str(service.id),
            "branchId": str(service.branch_id),
            "timeSlot": {"startTime": start.isoformat(), "endTime": by.calendar.end(start).isoformat()},
        }
        return await by.send("POST", "/external/v1/reservations", body, **headers)

    async def confirm(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("PUT", f"/external/v1/reservations/{visit}", customer(), **headers)

    async def release(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("DELETE", f"/external/v1/reservations/{visit}", **headers)

    async def cancel(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("DELETE", f"/external/v1/appointments/{visit}", **headers)

    async def move(self, by: Speaker, visit: str, start: datetime, **headers: str) -> httpx.Response:
        held = await self.hold(by, start)
        if not held.is_success:
            return held
        hold = self.visit_in(held.json())
        body = {"reservationId": hold}
        answer = await by.send("PUT", f"/external/v1/appointments/{visit}", body, **headers)
        if not answer.is_success:
            await self.release(by, hold)
        return answer


def documented_catalog() -> Catalog:
    """What the examples of the document show."""
    text = Text(TEXT)
    address = Address(TEXT, TEXT, TEXT, TEXT)
    branch = new_branch(id=BranchId(DOCUMENTED_ID), name=TEXT, address=address, geo=GeoPoint(180, 90))
    resource = replace(exclusive_resource(branch.id), id=ResourceId(DOCUMENTED_ID), name=TEXT)
    service = Service(
        ServiceId(DOCUMENTED_ID),
        branch.id,
        TEXT,
        60 * MINUTE,
        60 * MINUTE,
        (Role((resource.id,)),),
        bookable=False,
        description=text,
        questions=(Question(text, text, required=True),),
        screening=(ScreeningQuestion(text, text, text),),
        resource_choice=ResourceChoice.REQUIRED,
    )
    group = ServiceGroup(ServiceGroupId(DOCUMENTED_ID), TEXT, (service.id,))
    return Catalog(0, {branch.id: branch}, {service.id: service}, {resource.id: resource}, {group.id: group})
