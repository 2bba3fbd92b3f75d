"""A pytest plugin: tests claim numbered statements of `docs/dialects`, and `--statements` reports on each of them.

A statement is a row `| D0.17 | due | what must be true | what is inferred, or the option that flips it |`; `later` in
the place of `due` says that nothing claims it yet. One number belongs to one test, whatever its parameters.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

NUMBER = re.compile(r"[A-Z]\d+\.\d+[a-z]?")
LOOKS_NUMBERED = re.compile(r"\W*[A-Z]\d+\b")
CELL_BORDER = re.compile(r"(?<!\\)\|")
WORDS_SHOWN = 9
PROPERTY = "statement"


@dataclass(frozen=True)
class Statement:
    number: str
    due: bool
    text: str


class StatementsError(Exception):
    """A document is not what it has to be."""


def read_statements(documents: Iterable[Path]) -> dict[str, Statement]:
    """Every statement by number, in the order of the documents. Raises StatementsError for a row that is not one."""
    found: dict[str, Statement] = {}
    for document in documents:
        for line_number, line in enumerate(document.read_text(encoding="utf-8").splitlines(), 1):
            cells = [cell.strip() for cell in CELL_BORDER.split(line.strip())]
            if not line.lstrip().startswith("|") or not LOOKS_NUMBERED.match(cells[1]):
                continue
            where = f"{document.name}:{line_number}"
            number, state, text, *_ = cells[1:] + [""] * 3
            problems = {
                "has not four cells and a border at either end": len(cells) != 6 or cells[0] or cells[-1],
                "has no number like D0.17": not NUMBER.fullmatch(number),
                "is neither due nor later": state not in ("due", "later"),
                "says nothing": not text,
                "repeats a number": number in found,
            }
            wrong = [problem for problem, present in problems.items() if present]
            if wrong:
                raise StatementsError(f"{where}: the row {cells[1]} {' and '.join(wrong)}")
            found[number] = Statement(number, state == "due", text.replace(r"\|", "|"))
    return found


def contradictions(items: Iterable[pytest.Item]) -> list[str]:
    """What is wrong with the claims of these tests. The runs of a parametrised test are one test."""
    claims: dict[str, set[str]] = defaultdict(set)
    malformed: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        for number in numbers_of(item):
            claims[number].add(test)
            if not NUMBER.fullmatch(number):
                malformed.add(test)
    return [f'{test}: write @pytest.mark.statement("D0.17")' for test in sorted(malformed)] + [
        f"statement {number} is claimed more than once: {', '.join(sorted(tests))}"
        for number, tests in sorted(claims.items())
        if len(tests) > 1 and NUMBER.fullmatch(number)
    ]


def numbers_of(item: pytest.Item) -> list[str]:
    """What a test claims: for each marker its number, or what stands in a number's place."""
    return [", ".join(map(str, marker.args)) for marker in item.iter_markers("statement")]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("statements")
    group.addoption("--statements", action="store_true", help="run the tests that claim statements and report on each")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "statement(number): claims a numbered statement of docs/dialects")
    if config.option.statements:
        try:
            known = read_statements(sorted(config.rootpath.glob("docs/dialects/*.md")))
        except StatementsError as error:
            raise pytest.UsageError(str(error)) from error
        config.pluginmanager.register(Report(known), "statements-report")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for problem in contradictions(items):
        # A report, because an exception would be lost on its way from the processes that test.
        config.hook.pytest_collectreport(report=pytest.CollectReport("statements", "failed", problem, []))
    if config.option.statements:
        claiming = [item for item in items if item.get_closest_marker("statement")]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(claiming)])
        items[:] = claiming
        for item in items:
            # Properties travel with the reports, too.
            item.user_properties += [(PROPERTY, number) for number in numbers_of(item)]


class Report:
    """Gathers what became of each statement and prints it at the end."""

    def __init__(self, known: dict[str, Statement]) -> None:
        self._known = known
        self._seen: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            # An expected failure is reported as skipped, and counts as little as one.
            for name, number in report.user_properties:
                if name == PROPERTY:
                    self._seen[str(number)].add(report.outcome)

    def outcome(self, number: str) -> str:
        """`passed` only where every run passed."""
        seen = self._seen.get(number)
        if not seen:
            return "missing"
        return "passed" if seen == {"passed"} else "failed" if "failed" in seen else "skipped"

    def problems(self) -> list[str]:
        """Why the statements do not hold, a line each."""
        due = [statement.number for statement in self._known.values() if statement.due]
        found = [f"{number}: {self.outcome(number)}" for number in due if self.outcome(number) != "passed"]
        found += [f"{number}: claimed, and in no document" for number in self._seen if number not in self._known]
        return found or ([] if self._known else ["no document has a statement"])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not hasattr(session.config, "workerinput"):
            session.exitstatus = self._exit_status(session.exitstatus)

    def _exit_status(self, status: int) -> int:
        if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return status
        return pytest.ExitCode.TESTS_FAILED if self.problems() else pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write = terminalreporter.write_line
        terminalreporter.section("statements")
        for statement in self._known.values():
            words = statement.text.split()
            shown = " ".join(words[:WORDS_SHOWN]) + (" ..." if len(words) > WORDS_SHOWN else "")
            outcome = self.outcome(statement.number)
            color = {"passed": "green", "missing": "red" if statement.due else "white"}.get(outcome, "red")
            line = f"{statement.number:<8}{'due' if statement.due else 'later':<7}{outcome:<9}{shown}"
            write(line, **{color: True})
        for problem in self.problems():
            write(problem, red=True)
        due = [statement for statement in self._known.values() if statement.due]
        passing = sum(self.outcome(statement.number) == "passed" for statement in due)
        write(f"{passing} of {len(due)} due statements hold; {len(self._known) - len(due)} come later")
