"""What a catalogue's change comes to, to be looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from appointed.catalog_file.hours import hours_text
from appointed.catalog_file.reader import ALWAYS_BEFORE, UTC_ZONE, zone_of
from appointed.core.catalog import CapacityStep, Catalog, Days, Hours, Role, Schedule, Translation, WeeklyHours
from appointed.core.difference import Change, Difference, FieldDifference, Kind, things
from appointed.core.impact import Affected
from appointed.core.language import Text as Spoken
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import Question, ScreeningQuestion
from appointed.core.soundness import WEEKDAYS

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
Moment = Callable[[datetime], str]

LONG_LIST = 40
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Words:
    """What ids are called: the slugs of both catalogues, else names; and by the clock of which zone times are told."""

    by_id: Mapping[UUID, str]
    zones: Mapping[UUID, ZoneInfo]

    @classmethod
    def of(cls, *catalogs: Catalog) -> "Words":
        """The words of these catalogues, the last first."""
        by_id: dict[UUID, str] = {}
        zones: dict[UUID, ZoneInfo] = {}
        for each in catalogs:
            for kind in Kind:
                by_id |= {thing.id: thing.slug or thing.name for thing in things(each, kind).values()}
            of_branch = {branch.id: zone_of(branch.time_zone) or UTC_ZONE for branch in each.branches.values()}
            inside = (*each.services.values(), *each.resources.values())
            zones |= of_branch | {thing.id: of_branch.get(thing.branch_id, UTC_ZONE) for thing in inside}
        return cls(by_id, zones)

    def moment(self, instant: datetime, thing_id: UUID | None = None) -> str:
        """An instant by the clock of a thing's branch; without one in UTC, and then it says so."""
        where = None if thing_id is None else self.zones.get(thing_id)
        if where is None:
            return f"{instant:%Y-%m-%d %H:%M}Z"
        return f"{instant.astimezone(where):%Y-%m-%d %H:%M}"

    def name(self, thing_id: UUID) -> str:
        """What it is called."""
        return self.by_id.get(thing_id, str(thing_id))


def tree(differences: Sequence[Difference], words: Words, title: str, options: Sequence[FieldDifference] = ()) -> Tree:
    """The differences by kind: what comes in green, what goes in red, with each field as it was and as it is to be.

    Before them stand those of the tenant's options.
    """
    root = Tree(Text(title, style="bold"), guide_style="dim")
    if options:
        branch = root.add(Text("options", style="bold"))
        for field in options:
            for text in field_texts(field, words):
                branch.add(text)
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
                for text in field_texts(field, words, each.id):
                    leaf.add(text)
        if len(some) > LONG_LIST:
            branch.add(Text(f"and {len(some) - LONG_LIST} more", style="dim"))
    return root


def counts(differences: Sequence[Difference]) -> str:
    """How many of each: `2 added, 1 changed`."""
    by_change = {change: sum(each.change is change for each in differences) for change in Change}
    return ", ".join(f"{count} {change.value}" for change, count in by_change.items() if count)


def field_texts(field: FieldDifference, words: Words, thing_id: UUID | None = None) -> list[Text]:
    """A line for each part of a field that differs; times are those of the branch of the thing."""

    def moment(instant: datetime) -> str:
        return words.moment(instant, thing_id)

    before, after = _parts(field.before, words, moment), _parts(field.after, words, moment)
    names = [*before, *(name for name in after if name not in before)]
    texts: list[Text] = []
    for name in names:
        was, becomes = before.get(name, NOTHING), after.get(name, NOTHING)
        if was != becomes:
            title = f"{field.field.replace('_', ' ')} {name}".strip()
            texts.append(Text.assemble((title, "cyan"), "  ", (was, "red"), " → ", (becomes, "green")))
    return texts


def _parts(value: object, words: Words, moment: Moment) -> dict[str, str]:
    """A value by its parts, each in words; one without parts has an empty name for its only one."""
    if isinstance(value, Schedule):
        return _schedule_parts(value, moment)
    if isinstance(value, Spoken):
        return {"": value.text, **{each.language: each.text for each in value.translations}}
    if not isinstance(value, tuple):
        return {"": _word(value, words, moment)}
    parts: dict[str, str] = {}
    listed: list[str] = []
    for number, each in enumerate(cast(tuple[object, ...], value), 1):
        match each:
            case Translation():
                parts[each.language] = each.text
            case Role():
                parts[str(number)] = _role(each, words)
            case Question() | ScreeningQuestion():
                parts[str(number)] = _question(each)
            case frozenset():
                listed.append(" + ".join(sorted(words.name(one) for one in cast(frozenset[UUID], each))))
            case _:
                listed.append(_word(each, words, moment))
    return parts or {"": ", ".join(listed) or NOTHING}


def _schedule_parts(schedule: Schedule, moment: Moment) -> dict[str, str]:
    parts: dict[str, str] = {"every week": "no limit"} if schedule.week is None else {}
    for title, week in (("", schedule.week or ()), ("breaks ", schedule.breaks)):
        for weekday, name in enumerate(WEEKDAYS):
            if hours := [each for each in week if each.weekday == weekday]:
                parts[f"{title}{name}"] = _hours(hours)
    for special in schedule.special_days:
        parts[special.day.isoformat()] = _hours(special.hours)
    for closure in schedule.closures:
        parts[f"closed from {moment(closure.starts_at)}"] = (
            "until further notice" if closure.ends_at is None else f"until {moment(closure.ends_at)}"
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


def _question(question: Question | ScreeningQuestion) -> str:
    """A question with all that is said about it, each in every language."""
    if isinstance(question, Question):
        said = (question.text, question.clarification)
        answer = "to be answered" if question.required else ""
    else:
        said = (question.text, question.clarification, question.denial)
        answer = "yes to come" if question.yes_required else "no to come"
    texts = (text for each in said if each for text in (each.text, *(other.text for other in each.translations)))
    return " / ".join(filter(None, (*texts, answer)))


def _word(value: object, words: Words, moment: Moment) -> str:
    match value:
        case None | "" | ():
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return f"{value // timedelta(minutes=1)} min"
        case datetime():
            return moment(value)
        case UUID():
            return words.name(value)
        case Days():
            return f"{value.count} {'business ' if value.business else ''}{'day' if value.count == 1 else 'days'}"
        case CapacityStep() if value.starts_at == ALWAYS_BEFORE:
            return str(value.capacity)
        case CapacityStep():
            return f"{value.capacity} from {moment(value.starts_at)}"
        case frozenset():
            return ", ".join(sorted(cast(frozenset[str], value))) or NOTHING
        case Address():
            return ", ".join(filter(None, (value.street, value.postal_code, value.city, value.country)))
        case GeoPoint():
            return f"{value.longitude} east, {value.latitude} north"
        case _:
            return str(value)


def visit_texts(hit: Sequence[Affected], words: Words) -> list[str]:
    """Each visit that is in the way: when on its branch's clock, what for, why, and its id."""
    texts: list[str] = []
    for each in hit[:LONG_LIST]:
        starts_at = words.moment(each.visit.starts_at, each.visit.branch_id)
        services = " + ".join(dict.fromkeys(words.name(item.service_id) for item in each.visit.items))
        reasons = ", ".join(
            dict.fromkeys(
                reason.rule.replace("_", " ")
                + ("" if reason.resource_id is None else f" of {words.name(reason.resource_id)}")
                for reason in each.reasons
            )
        )
        texts.append(f"{starts_at}  {services}  {reasons}  {each.visit.id}")
    if len(hit) > LONG_LIST:
        texts.append(f"and {len(hit) - LONG_LIST} more")
    return texts
