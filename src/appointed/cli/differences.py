"""What a catalogue's change comes to, to be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from appointed.catalog_file.hours import hours_text, moment_text
from appointed.catalog_file.reader import ALWAYS_BEFORE, WEEKDAYS, zone_of
from appointed.core.catalog import CapacityStep, Catalog, Days, Hours, Role, Schedule, Translation, WeeklyHours
from appointed.core.difference import Change, Difference, FieldDifference, Kind, things
from appointed.core.impact import Affected

MARKS: Mapping[Change, tuple[str, str]] = {
    Change.ADDED: ("+", "green"),
    Change.CHANGED: ("~", "yellow"),
    Change.RETURNED: ("+", "green"),
    Change.RETIRED: ("-", "magenta"),
    Change.REMOVED: ("-", "red"),
}
PLURALS: Mapping[Kind, str] = {
    Kind.BRANCH: "branches",
    Kind.RESOURCE: "resources",
    Kind.SERVICE: "services",
    Kind.GROUP: "groups",
}
LONG_LIST = 40
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Words:
    """What ids are called: the slugs of both catalogues, else names."""

    by_id: Mapping[UUID, str]

    @classmethod
    def of(cls, *catalogs: Catalog) -> "Words":
        """The words of these catalogues, the last first."""
        return cls(
            {
                thing.id: thing.slug or thing.name
                for each in catalogs
                for kind in Kind
                for thing in things(each, kind).values()
            }
        )

    def name(self, thing_id: UUID) -> str:
        """What it is called."""
        return self.by_id.get(thing_id, str(thing_id))


def tree(differences: Sequence[Difference], words: Words, title: str) -> Tree:
    """The differences by kind: what comes in green, what goes in red, with each field as it was and as it is to be."""
    root = Tree(Text(title, style="bold"), guide_style="dim")
    for kind in Kind:
        some = [each for each in differences if each.kind is kind]
        if not some:
            continue
        branch = root.add(Text(f"{PLURALS[kind]}  {counts(some)}", style="bold"))
        for each in some[:LONG_LIST]:
            mark, style = MARKS[each.change]
            label = f"[{style}]{mark} {escape(each.slug or str(each.id))}[/]  {escape(each.name)}"
            leaf = branch.add(f"{label}  [dim]{each.change.value}[/]")
            for field in each.fields:
                for text in field_texts(field, words):
                    leaf.add(text)
        if len(some) > LONG_LIST:
            branch.add(Text(f"and {len(some) - LONG_LIST} more", style="dim"))
    return root


def counts(differences: Sequence[Difference]) -> str:
    """How many of each: `2 added, 1 changed`."""
    by_change = {change: sum(each.change is change for each in differences) for change in Change}
    return ", ".join(f"{count} {change.value}" for change, count in by_change.items() if count)


def field_texts(field: FieldDifference, words: Words) -> list[Text]:
    """A line for each part of a field that differs."""
    before, after = _parts(field.before, words), _parts(field.after, words)
    names = [*before, *(name for name in after if name not in before)]
    texts: list[Text] = []
    for name in names:
        was, becomes = before.get(name, NOTHING), after.get(name, NOTHING)
        if was != becomes:
            title = f"{field.field.replace('_', ' ')} {name}".strip()
            texts.append(Text.assemble((title, "cyan"), "  ", (was, "red"), " → ", (becomes, "green")))
    return texts


def _parts(value: object, words: Words) -> dict[str, str]:
    """A value by its parts, each in words; one without parts has an empty name for its only one."""
    if isinstance(value, Schedule):
        return _schedule_parts(value)
    if not isinstance(value, tuple):
        return {"": _word(value, words)}
    parts: dict[str, str] = {}
    listed: list[str] = []
    for number, each in enumerate(cast(tuple[object, ...], value), 1):
        match each:
            case Translation():
                parts[each.language] = each.text
            case Role():
                parts[str(number)] = _role(each, words)
            case _:
                listed.append(_word(each, words))
    return parts or {"": ", ".join(listed) or NOTHING}


def _schedule_parts(schedule: Schedule) -> dict[str, str]:
    parts: dict[str, str] = {"every week": "no limit"} if schedule.week is None else {}
    for title, week in (("", schedule.week or ()), ("breaks ", schedule.breaks)):
        for weekday, name in enumerate(WEEKDAYS):
            if hours := [each for each in week if each.weekday == weekday]:
                parts[f"{title}{name}"] = _hours(hours)
    for special in schedule.special_days:
        parts[special.day.isoformat()] = _hours(special.hours)
    for closure in schedule.closures:
        parts[f"closed from {_instant(closure.starts_at)}"] = (
            "until further notice" if closure.ends_at is None else f"until {_instant(closure.ends_at)}"
        )
    return parts


def _hours(listed: Sequence[Hours | WeeklyHours]) -> str:
    texts = (
        hours_text(each.opens_minute, each.closes_minute) + ("" if each.capacity is None else f" ({each.capacity})")
        for each in listed
    )
    return ", ".join(texts) or "closed"


def _role(role: Role, words: Words) -> str:
    text = f"{role.count} of " if role.count > 1 else ""
    text += " or ".join(words.name(each) for each in role.resource_ids) or "nobody"
    text += f" with {', '.join(sorted(role.skills))}" if role.skills else ""
    text += f", {role.units} units" if role.units > 1 else ""
    return text + (", interchangeable" if role.interchangeable else "")


def _word(value: object, words: Words) -> str:
    match value:
        case None | "" | ():
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value // timedelta(minutes=1)} min"
        case datetime():
            return _instant(value)
        case UUID():
            return words.name(value)
        case Days():
            return f"{value.count} {'business days' if value.business else 'days'}"
        case CapacityStep() if value.starts_at == ALWAYS_BEFORE:
            return str(value.capacity)
        case CapacityStep():
            return f"{value.capacity} from {_instant(value.starts_at)}"
        case frozenset():
            return ", ".join(sorted(cast(frozenset[str], value))) or NOTHING
        case _:
            return str(value)


def _instant(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}Z"


def visit_texts(hit: Sequence[Affected], loaded: Catalog, words: Words) -> list[str]:
    """Each visit that is in the way: when on its branch's clock, what for, why, and its id."""
    texts: list[str] = []
    for each in hit[:LONG_LIST]:
        branch = loaded.branches.get(each.visit.branch_id)
        where = zone_of(branch.time_zone) if branch is not None else None
        starts_at = _instant(each.visit.starts_at) if where is None else moment_text(each.visit.starts_at, where)[:16]
        services = " + ".join(dict.fromkeys(words.name(item.service_id) for item in each.visit.items))
        reasons = ", ".join(
            dict.fromkeys(
                reason.rule.replace("_", " ")
                + ("" if reason.resource_id is None else f" of {words.name(reason.resource_id)}")
                for reason in each.reasons
            )
        )
        texts.append(f"{starts_at.replace('T', ' ')}  {services}  {reasons}  {each.visit.id}")
    if len(hit) > LONG_LIST:
        texts.append(f"and {len(hit) - LONG_LIST} more")
    return texts
