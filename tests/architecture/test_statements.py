"""The plugin behind `make statements`, run over small suites of its own."""

from pathlib import Path

import pytest

import statements

DOCUMENT = """
| Number | When | Statement | Inferred |
|---|---|---|---|
| D0.1 | due | the first \\| thing | no |
| D0.2 | later | the second thing | no |
| D0.3 | due | one two three four five six seven eight nine ten | yes |
"""
PASSING = """
import pytest

@pytest.mark.statement("D0.1")
@pytest.mark.statement("D0.3")
def test_first_and_third():
    pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(statements.__file__).parent))
    pytester.makeconftest('pytest_plugins = ["statements"]')
    pytester.makeini("[pytest]\naddopts = --strict-markers\nasyncio_default_fixture_loop_scope = function\n")
    document = pytester.path / "docs/dialects/vendor.md"
    document.parent.mkdir(parents=True)
    document.write_text(DOCUMENT)

    def run(source: str, *options: str, document_text: str = DOCUMENT):
        document.write_text(document_text)
        pytester.makepyfile(test_suite=source)
        return pytester.runpytest("-p", "no:cacheprovider", *options)

    return run


def test_a_table_of_outcomes_is_printed(suite):
    result = suite(PASSING + "def test_unmarked():\n    assert False\n", "--statements")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "D0.1    due    passed   the first | thing",
            "D0.2    later  missing  the second thing",
            "D0.3    due    passed   one two three four five six seven eight nine ...",
            "2 of 2 due statements hold; 1 come later",
        ]
    )


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import pytest\n", "D0.1: missing"),
        (PASSING.replace("pass\n", "assert False\n"), "D0.3: failed"),
        (PASSING.replace("pass\n", "pytest.skip('later')\n"), "D0.3: skipped"),
        (PASSING.replace("def ", "@pytest.mark.xfail\ndef ").replace("pass\n", "assert False\n"), "D0.1: skipped"),
        (
            PASSING + "@pytest.mark.statement('D0.9')\ndef test_other():\n    pass\n",
            "D0.9: claimed, and in no document",
        ),
    ],
    ids=["missing", "failed", "skipped", "expected to fail", "unknown"],
)
def test_what_does_not_hold_fails_the_run(suite, source, line):
    result = suite(source, "--statements")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([line])


def test_outcomes_reach_the_report_from_other_processes(suite):
    result = suite(PASSING.replace("pass\n", "assert False\n"), "--statements", "-n", "2")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["D0.3: failed"])


def test_a_run_of_a_parametrised_test_that_fails_fails_the_statement(suite):
    result = suite(
        PASSING.replace("def test_first_and_third():\n    pass", "@pytest.mark.parametrize('n', [0, 1])\n"
                        "def test_first_and_third(n):\n    assert n == 0"),
        "--statements",
    )  # fmt: skip
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["D0.1: failed"])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_number_belongs_to_one_test(suite, workers):
    result = suite(PASSING + "@pytest.mark.statement('D0.1')\ndef test_other():\n    pass\n", "-n", workers)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*statement D0.1 is claimed more than once: *test_first_and_third, *test_other"])


@pytest.mark.parametrize("marker", ['statement("first")', "statement", 'statement("D0.1", "D0.2")'])
def test_a_marker_names_one_number(suite, marker):
    result = suite(f"import pytest\n@pytest.mark.{marker}\ndef test_it():\n    pass\n")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*test_it: write @pytest.mark.statement*"])


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("| D0.1 | due | again | no |", "repeats a number"),
        ("| D0.4 | soon | something | no |", "is neither due nor later"),
        ("| D0.4 | due | something |", "has not four cells*"),
        ("| D0.4 | due | something | no", "has not four cells*"),
        ("| D0.4 | due |  | no |", "says nothing"),
        ("| **D0.4** | due | something | no |", "has no number like D0.17"),
        ("| D0.4 to 6 | due | something | no |", "has no number like D0.17"),
    ],
)
def test_a_row_that_is_no_statement_is_an_error(suite, row, problem):
    result = suite(PASSING, "--statements", document_text=DOCUMENT + row + "\n")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*vendor.md:7: the row * {problem}"])


def test_documents_without_statements_are_an_error(suite):
    result = suite("def test_it():\n    pass\n", "--statements", document_text="nothing\n")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["no document has a statement"])


def test_the_pages_of_the_house_can_be_read():
    pages = (Path(__file__).parents[2] / "docs/dialects").glob("*.md")
    assert statements.read_statements(sorted(pages))
