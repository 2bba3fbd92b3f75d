"""What a tenant switches on or off for all of its catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Switches of a tenant.

    `languages` are BCP 47 tags; the first is the tenant's own. With `languages_strict` a reader who wants none of them
    is refused, else answered in the first. `hyphens_in_references` lets a customer's reference have hyphens, as an id
    has. `combinations` lets services be booked together as their branch has it.
    """

    languages: tuple[str, ...] = ()
    languages_strict: bool = False
    hyphens_in_references: bool = False
    combinations: bool = False
