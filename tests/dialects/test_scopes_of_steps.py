"""A step that a hold and a promise have in common needs a scope of its own for each, in every dialect that has it."""

import httpx
import pytest

from appointed.core.caller import Scope
from appointed.usecases.context import Context
from native_client import Native, at, done, new_salon
from ombori_client import DOCUMENTED_REQUEST, Ombori, accepted, booked, changed
from people import Person, new_colleague

EVERYTHING = frozenset(Scope)


@pytest.mark.parametrize(("promised", "scope"), [(False, Scope.BOOK), (True, Scope.RESCHEDULE)])
async def test_a_move_of_our_own_api(
    client: httpx.AsyncClient, context: Context, alice: Person, promised: bool, scope: Scope
) -> None:
    native = Native(client, context, alice, new_salon())
    await native.open()
    visit = await (native.book("seat") if promised else native.hold("seat"))
    for scopes, status in ((EVERYTHING - {scope}, 403), (frozenset({scope}), 200)):
        colleague = native.by(await new_colleague(context, alice.tenant, scopes=scopes))
        answer = await colleague.post(f"/visits/{visit['id']}/move", {"starts_at": at(60)})
        assert answer.status_code == status
        assert (await native.visit(visit))["starts_at"] == at(60 if status == 200 else 0)


@pytest.mark.parametrize(("promised", "scope"), [(False, Scope.BOOK), (True, Scope.CANCEL)])
async def test_only_a_promise_is_cancelled_by_our_own_api(
    client: httpx.AsyncClient, context: Context, alice: Person, promised: bool, scope: Scope
) -> None:
    native = Native(client, context, alice, new_salon())
    await native.open()
    visit = await (native.book("seat") if promised else native.hold("seat"))
    path = f"/visits/{visit['id']}/{'cancel' if promised else 'release'}"
    for scopes, status in ((EVERYTHING - {scope}, 403), (frozenset({scope}), 200)):
        answer = await native.by(await new_colleague(context, alice.tenant, scopes=scopes)).post(path)
        assert answer.status_code == status
    assert done(answer)["state"] == ("cancelled" if promised else "released")


@pytest.mark.parametrize(("promised", "scope"), [(False, Scope.BOOK), (True, Scope.CANCEL)])
async def test_ombori_cancels_both(ombori: Ombori, promised: bool, scope: Scope) -> None:
    made = accepted(await (ombori.book() if promised else ombori.reserve()), 201)
    for scopes, status in ((EVERYTHING - {scope}, 403), (frozenset({scope}), 200)):
        colleague = await new_colleague(ombori.context, ombori.person.tenant, scopes=scopes)
        assert (await ombori.with_key(colleague.key).cancel(made["id"])).status_code == status
    accepted(await ombori.reserve(DOCUMENTED_REQUEST), 201)


@pytest.mark.parametrize(("promised", "scope"), [(False, Scope.BOOK), (True, Scope.RESCHEDULE)])
async def test_ombori_changes_both(ombori: Ombori, promised: bool, scope: Scope) -> None:
    made = accepted(await (ombori.book() if promised else ombori.reserve()), 201)
    later = {"booking": booked("2020-11-30T15:30:00.000Z", "2020-11-30T15:35:00.000Z")["booking"]}
    for scopes, status in ((EVERYTHING - {scope}, 403), (frozenset({scope}), 200)):
        colleague = await new_colleague(ombori.context, ombori.person.tenant, scopes=scopes)
        assert (await ombori.with_key(colleague.key).update(made["id"], later)).status_code == status
    other = changed("booking", later["booking"])
    assert (await ombori.reserve(other)).status_code == 409
