"""Every refusal the system can give: a code, the facts, and what is true of the world.

A refusal carries no HTTP status and no sentence: each dialect owns a complete table to its own shape, and the
words stand in `appointed.i18n`. `REFUSALS` finds a class by its code, which is how a refusal that the database
stored or raised becomes a value again.
"""

from dataclasses import dataclass

from appointed.core.refusal import Fact, Refusal
from appointed.core.request_errors import (
    BodyTooLarge,
    CredentialMissing,
    CredentialUnknown,
    FieldInvalid,
    FieldMissing,
    MalformedBody,
    MethodUnknown,
    PathUnknown,
    ScopeMissing,
)

__all__ = [
    "BodyTooLarge",
    "CredentialMissing",
    "CredentialUnknown",
    "Fact",
    "FieldInvalid",
    "FieldMissing",
    "MalformedBody",
    "MethodUnknown",
    "PathUnknown",
    "Refusal",
    "ScopeMissing",
]


@dataclass(eq=False)
class ServiceNotFound(Refusal):
    """The tenant has no such service."""

    code = "service_not_found"


@dataclass(eq=False)
class BranchNotFound(Refusal):
    """The tenant has no such branch."""

    code = "branch_not_found"


@dataclass(eq=False)
class ResourceNotFound(Refusal):
    """The tenant has no such resource."""

    code = "resource_not_found"


@dataclass(eq=False)
class ServiceGroupNotFound(Refusal):
    """The tenant has no such service group."""

    code = "service_group_not_found"


@dataclass(eq=False)
class ClosureNotFound(Refusal):
    """No closure starts then."""

    code = "closure_not_found"


@dataclass(eq=False)
class VisitNotFound(Refusal):
    """The tenant has no such visit, or not where the request looks for it."""

    code = "visit_not_found"


@dataclass(eq=False)
class CustomerNotFound(Refusal):
    """The tenant has no such customer, or what was known of them is erased."""

    code = "customer_not_found"


@dataclass(eq=False)
class CredentialNotFound(Refusal):
    """The tenant has no such key."""

    code = "credential_not_found"


@dataclass(eq=False)
class ContactMissing(Refusal):
    """The service wants a way to reach the customer. `channel` is phone or email."""

    code = "contact_missing"
    channel: str


@dataclass(eq=False)
class AnswerMissing(Refusal):
    """The service wants an answer to the question, and there is none."""

    code = "answer_missing"
    question: str


@dataclass(eq=False)
class QuestionUnknown(Refusal):
    """The answer is to something that the service does not ask."""

    code = "question_unknown"
    question: str


@dataclass(eq=False)
class CustomerFactMissing(Refusal):
    """The service wants something known of its customer that is not known. `fact` names it, such as birth_date."""

    code = "customer_fact_missing"
    fact: str


@dataclass(eq=False)
class CustomerDiffers(Refusal):
    """The visit is another customer's."""

    code = "customer_differs"


@dataclass(eq=False)
class ServiceDiffers(Refusal):
    """The place that was held is for other services than the visit has."""

    code = "service_differs"


@dataclass(eq=False)
class ReferenceInUse(Refusal):
    """Another customer is known by this reference."""

    code = "reference_in_use"
    reference: str


@dataclass(eq=False)
class PartyTooLarge(Refusal):
    """More people come than one visit of the service may stand for."""

    code = "party_too_large"
    limit: int


@dataclass(eq=False)
class RemoteNotOffered(Refusal):
    """The service is not given from afar."""

    code = "remote_not_offered"


@dataclass(eq=False)
class CustomerLimitReached(Refusal):
    """The customer has as many live visits of the service on the date as it allows."""

    code = "customer_limit"
    limit: int


@dataclass(eq=False)
class BranchesDiffer(Refusal):
    """What is to start together belongs to more than one branch."""

    code = "branches_differ"


@dataclass(eq=False)
class CombinationsOff(Refusal):
    """The tenant does not let services be booked together with whoever gives the first."""

    code = "combinations_off"


@dataclass(eq=False)
class NotCombined(Refusal):
    """The service is not one of those that may be booked together; `service` is the id of its family."""

    code = "not_combined"
    service: str


@dataclass(eq=False)
class SlotNotOffered(Refusal):
    """The service offers no slot with this start and end. `reason` names the rule that says so.

    `resource` is the id of whom the customer asked for by name, where the rule is about that one.
    """

    code = "slot_not_offered"
    reason: str
    resource: str | None = None

    def facts(self) -> dict[str, Fact]:
        """The data by name; `resource` only where it is about one."""
        named: dict[str, Fact] = {} if self.resource is None else {"resource": self.resource}
        return {"reason": self.reason, **named}


@dataclass(eq=False)
class SlotTaken(Refusal):
    """Somebody else has the place."""

    code = "slot_taken"


@dataclass(eq=False)
class HoldLapsed(Refusal):
    """The hold's time was over before it was confirmed."""

    code = "hold_lapsed"


@dataclass(eq=False)
class StateForbids(Refusal):
    """The visit's state has no such step. `state` is where it is, `step` is where it was to go."""

    code = "state_forbids"
    state: str
    step: str


@dataclass(eq=False)
class KeyReused(Refusal):
    """The idempotency key was used before, for another request."""

    code = "key_reused"


@dataclass(eq=False)
class ResourceInUse(Refusal):
    """Visits stand on a resource that could not be as the catalogue wants it and still carry them."""

    code = "resource_in_use"
    resource: str


@dataclass(eq=False)
class SlugInUse(Refusal):
    """The slug belongs to another thing of this kind, which keeps it."""

    code = "slug_in_use"
    kind: str
    slug: str


@dataclass(eq=False)
class VisitsInTheWay(Refusal):
    """Visits could not take place as the catalogue is to be. `visits` are the ids of the first ones, with commas."""

    code = "visits_in_the_way"
    count: int
    visits: str


@dataclass(eq=False)
class ImpactMoved(Refusal):
    """The change would hit other visits by now, or the catalogue or one of these visits is another."""

    code = "impact_moved"


@dataclass(eq=False)
class ChoiceMissing(Refusal):
    """The change hits a visit, and nobody said what becomes of it."""

    code = "choice_missing"
    visit: str


@dataclass(eq=False)
class ServiceTooLong(Refusal):
    """With its buffers and the largest party the service would take more than a day at a stretch."""

    code = "service_too_long"
    service: str


@dataclass(eq=False)
class TimeZoneUnknown(Refusal):
    """No time zone of the IANA database has this name."""

    code = "time_zone_unknown"
    name: str


@dataclass(eq=False)
class NotASandbox(Refusal):
    """What was asked is for sandboxes, and this tenant is none."""

    code = "not_a_sandbox"


@dataclass(eq=False)
class ClockGoesForward(Refusal):
    """A sandbox's clock does not go back; a reset is the way to begin again."""

    code = "clock_goes_forward"


@dataclass(eq=False)
class CatalogMoved(Refusal):
    """The catalogue changed between the decision and the claim, twice in a row."""

    code = "catalog_moved"
    passing = True


@dataclass(eq=False)
class VisitMoved(Refusal):
    """Somebody else changed the visit between the decision and the write, twice in a row."""

    code = "visit_moved"
    passing = True


@dataclass(eq=False)
class VersionStale(Refusal):
    """It is another version by now than the one that was to be changed; `current` is its number."""

    code = "version_stale"
    current: int


@dataclass(eq=False)
class TooManyRequests(Refusal):
    """The credential has asked as often as it may for now. One more is in order after `retry_after_seconds`."""

    code = "too_many_requests"
    passing = True
    retry_after_seconds: int


@dataclass(eq=False)
class StoreUnavailable(Refusal):
    """The database does not answer; nothing is known to have been done."""

    code = "store_unavailable"
    passing = True


@dataclass(eq=False)
class TenantForeign(Refusal):
    """The request names a tenant that the credential does not belong to, whether or not there is one."""

    code = "tenant_foreign"


@dataclass(eq=False)
class ResourceChoiceMissing(Refusal):
    """Whoever books the service has to say which of its resources they want, and did not."""

    code = "resource_choice_missing"


@dataclass(eq=False)
class BirthDateAhead(Refusal):
    """Nobody was born after today."""

    code = "birth_date_ahead"


REFUSALS: dict[str, type[Refusal]] = {kind.code: kind for kind in Refusal.__subclasses__()}
