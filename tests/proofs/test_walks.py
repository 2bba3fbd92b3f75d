"""Every page that has something to paste is pasted, as it stands and from its first line to its last."""

import sys
from pathlib import Path

import pytest

from proofs.pages import INDENTED_COMMAND, Command, commands, paste, shell_blocks
from proofs.product import SOURCES, product

ROOT = Path(__file__).parents[2]
ALL = {str(page.relative_to(ROOT)): page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]}
PASTED = [name for name, page in ALL.items() if shell_blocks(page.read_text())]

# Pages that have to have something to paste.
WALKS = {
    "README.md",
    "docs/api-catalogue.md",
    "docs/audit.md",
    "docs/catalogue.md",
    "docs/dialects/native.md",
    "docs/dialects/ombori.md",
    "docs/dialects/qmatic.md",
    "docs/first-steps.md",
    "docs/keys-and-customers.md",
}


def test_the_pages_that_promise_a_walk_have_one():
    assert set(PASTED) >= WALKS


@pytest.mark.parametrize("name", ALL)
def test_a_command_on_a_page_is_run_or_marked(name):
    """In a block of its own, whose language says which: an indented one would be neither."""
    assert INDENTED_COMMAND.findall(ALL[name].read_text()) == []


@pytest.mark.parametrize("name", PASTED)
async def test_a_page_can_be_pasted(name, tmp_path):
    """In the directory of a demo that has just been started, with nothing but what the page says."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    async with product(tmp_path / "data") as one:
        await one.start("--demo")
        done = await paste(
            ALL[name].read_text(), tmp_path, APPOINTED_PORT=str(one.port), PYTHONPATH=str(SOURCES), COLUMNS="200"
        )
    assert done
    for command, status, said in done:
        assert command.wrong(status, said) is None, f"{command.text}\n\n{said}"


def test_a_command_is_taken_as_the_shell_takes_it():
    page = """
```sh
# Only a remark.
cat > a.yaml <<'FILE'
a: 'b

FILE
one() {
  echo one
}
curl -sS "$base" \\
  -d '{

}' | cat          # => held, "a": 1
echo two          # a remark
```
```console
rm nothing
```
"""
    found = commands(page)
    assert [command.text.splitlines()[0] for command in found] == [
        "cat > a.yaml <<'FILE'",
        "one() {",
        'curl -sS "$base" \\',
        "echo two          # a remark",
    ]
    assert [command.claims for command in found] == [(), (), ("held", '"a": 1'), ()]


@pytest.mark.parametrize(
    ("claims", "status", "said", "wrong"),
    [
        ((), 0, "anything", None),
        ((), 1, "", "ends with 1"),
        (("held", "confirmed"), 0, "confirmed, held", "does not say confirmed"),
        ((), 0, '{"type":"/v1/problems/slot_taken"}', "is refused: slot_taken"),
        (("slot_taken",), 0, '{"type":"/v1/problems/slot_taken"}', None),
    ],
)
def test_what_is_not_as_the_page_says_is_noticed(claims, status, said, wrong):
    assert Command("", claims).wrong(status, said) == wrong
