"""Whom a customer asks for."""

from dataclasses import dataclass

from appointed.core.ids import ResourceId


@dataclass(frozen=True, slots=True)
class Preference:
    """Whom the customer asks for in a role: this resource, or those that have these traits.

    `role` is its place among the roles of the service. Where that needs several, a resource is the first of them.
    """

    role: int
    resource_id: ResourceId | None = None
    traits: frozenset[str] = frozenset()

    @property
    def binds(self) -> bool:
        """Whether it asks for anything at all."""
        return self.resource_id is not None or bool(self.traits)

    @property
    def of_others(self) -> "Preference | None":
        """What it asks of the second resource of the role, and of any further one."""
        if self.resource_id is None:
            return self
        return Preference(self.role, traits=self.traits) if self.traits else None
