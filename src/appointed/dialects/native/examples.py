"""A body for each operation that takes one, as the document shows it. They speak of the spa of the demo."""

from collections.abc import Mapping

_CUSTOMER = "0199d5a2-6a1e-7c44-9f0e-3b1f2b1d8a55"
_VISIT = "0199d5a2-6a1e-7c44-9f0e-3b1f2b1d8a56"

_GUEST = {"names": ["Ada Lovelace"], "contact": {"channel": "email", "address": "ada@example.org"}}
_CLOSURE = {"from": "2020-12-24T14:00", "to": "2020-12-26"}
_IMPACT = {"resources": [{"resource": "amelia", "closures": [{"from": "2020-06-22", "to": "2020-06-26"}]}]}

EXAMPLES: Mapping[str, Mapping[str, object]] = {
    "create_key": {"name": "website", "role": "booking"},
    "create_customer": {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "contacts": [{"channel": "email", "address": "ada@example.org"}],
        "locale": "en",
        "custom_data": {"oil": "almond"},
    },
    "change_customer": {"contacts": [{"channel": "phone", "address": "+12125550123"}], "custom_data": None},
    "name_customer": {"customer_id": _CUSTOMER},
    "search_slots": {
        "wants": [
            {"parts": [{"service": "massage"}, {"service": "facial", "gap_minutes": 15}]},
            {"parts": [{"service": "sauna"}], "party_size": 2},
        ],
        "from": "2020-06-16T14:00:00Z",
        "to": "2020-06-19T00:00:00Z",
    },
    "create_hold": {
        "parts": [{"service": "massage", "preferences": [{"resource": "amelia"}]}],
        "starts_at": "2020-06-16T15:00:00Z",
        "guests": [_GUEST],
        "lifetime_seconds": 300,
    },
    "create_visit": {
        "parts": [{"service": "massage"}, {"service": "massage", "guest": 1}],
        "starts_at": "2020-06-16T17:30:00Z",
        "guests": [_GUEST, {"names": ["Byron"], "contact": {"channel": "email", "address": "ada@example.org"}}],
    },
    "change_visit": {"custom_data": {"oil": "almond"}, "notes": "Comes by wheelchair."},
    "extend_visit": {"lifetime_seconds": 600},
    "move_visit": {"starts_at": "2020-06-16T18:00:00Z"},
    "apply_catalog": {
        "branches": [
            {
                "slug": "harbour",
                "name": "Harbour spa",
                "time_zone": "America/New_York",
                "opening_hours": {"week": {"mon": ["10:00-20:00"], "sat": ["09:00-22:00"]}},
            }
        ],
        "resources": [{"slug": "amelia", "name": "Amelia Stone"}],
        "services": [
            {"slug": "massage", "name": "Massage", "duration_minutes": 60, "roles": [{"resources": ["amelia"]}]}
        ],
    },
    "create_branch": {
        "slug": "uptown",
        "name": "Uptown spa",
        "names": {"es": "Spa del norte"},
        "time_zone": "America/New_York",
        "address": {"street": "3 Park Lane", "postal_code": "10021", "city": "New York", "country": "US"},
        "opening_hours": {"week": {"sat": ["09:00-18:00"]}, "special_days": {"2020-12-24": ["09:00-12:00"]}},
    },
    "change_branch": {"opening_hours": {"week": {"mon": ["10:00-20:00"], "tue": ["10:00-20:00"]}}},
    "create_resource": {
        "slug": "mia",
        "name": "Mia Fox",
        "branch": "harbour",
        "skills": ["massage"],
        "schedule": {"week": {"fri": ["14:00-22:00"]}, "breaks": {"fri": ["18:00-18:30"]}},
    },
    "change_resource": {"skills": ["massage", "facial"]},
    "create_service": {
        "slug": "hot-stone",
        "name": "Hot stone massage",
        "branch": "harbour",
        "duration_minutes": 75,
        "grid_minutes": 15,
        "buffer_after_minutes": 15,
        "required_contact": "email",
        "roles": [{"resources": ["amelia", "noah"], "skills": ["massage"]}, {"resources": ["quiet-room"]}],
    },
    "change_service": {"lead_time_minutes": 120, "horizon": {"days": 60, "business": True}},
    "create_service_group": {"slug": "for-two", "name": "For two", "services": ["massage", "sauna"]},
    "change_service_group": {"name": "For the two of you"},
    "close_branch": _CLOSURE,
    "close_service": _CLOSURE,
    "close_resource": _CLOSURE,
    "preview_impact": _IMPACT,
    "apply_impact": {
        **_IMPACT,
        "stamp": "9f0c6a1f2b1d8a55",
        "choices": [{"visit": _VISIT, "fate": "move", "starts_at": "2020-06-29T15:00:00Z"}],
    },
    "change_options": {"languages": ["en-US", "es"], "languages_strict": False},
    "set_sandbox_clock": {"instant": "2020-06-15T15:00:00Z", "running": False},
    "reset_sandbox": {"instant": "2020-06-15T13:00:00Z"},
}
"""By the names of the operations."""
