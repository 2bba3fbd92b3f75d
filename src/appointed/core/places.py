"""Where a branch is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; what is not known is empty. `street` has the number of the house, `country` is as it is said.

    An address that was given as one text has it as its street.
    """

    street: str
    postal_code: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A point on the map, in degrees: east from -180 to 180, north from -90 to 90."""

    longitude: float
    latitude: float
