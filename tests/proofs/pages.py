"""The commands of a page, taken apart as a shell would, and run one after the other by one bash.

A block marked `sh` is run as it stands. Everything else is shown only: `console` for what nobody can paste into the
directory of the project. A block of YAML behind "Save this as `name`" is saved under that name. What stands behind
`# =>` at the end of a command has to stand in what the command says, term by term, with commas between.
"""

import asyncio
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SAVED = re.compile(r"Save this as `([\w.-]+)`[^\n]*\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r"# => (.+)$")
PROBLEM = re.compile(r'"type":"/v1/problems/(\w+)"')
INDENTED_COMMAND = re.compile(
    r"^    (?:\$ )?(?:curl|make|appointed|\.venv/bin/\w+|psql|pg_dump|mysqldump|docker)\b.*$", re.MULTILINE
)
SECONDS = 120
_MARK = "\x1e"


@dataclass(frozen=True)
class Command:
    """One command, of one line or of several, and the terms that its output has to have."""

    text: str
    claims: tuple[str, ...]

    def wrong(self, status: int, said: str) -> str | None:
        """What is not as the page says, or None. A problem document is a failure unless the page tells of it."""
        at = 0
        for claim in self.claims:
            at = said.find(claim, at)
            if at < 0:
                return f"does not say {claim}"
        untold = [code for code in PROBLEM.findall(said) if code not in self.claims]
        if untold:
            return f"is refused: {untold[0]}"
        return f"ends with {status}" if status else None


def shell_blocks(page: str) -> list[str]:
    """The blocks of a page that are run."""
    return [dedent(text) for _, language, text in BLOCK.findall(page) if language == "sh"]


def commands(page: str) -> list[Command]:
    """All commands of a page, in their order."""
    found: list[Command] = []
    for block in shell_blocks(page):
        lines: list[str] = []
        for line in block.splitlines():
            lines.append(line)
            if _complete("\n".join(lines)):
                found.append(_command("\n".join(lines)))
                lines = []
        assert not lines, f"a block ends within a command: {lines}"
    return [command for command in found if command.text]


def _complete(text: str) -> bool:
    if text.endswith("\\"):
        return False
    looked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    return looked.returncode == 0 and not looked.stderr


def _command(text: str) -> Command:
    claim = CLAIM.search(text)
    if all(not line.strip() or line.startswith("#") for line in text.splitlines()):
        return Command("", ())
    return Command(text, () if claim is None else tuple(term.strip() for term in claim[1].split(", ")))


def save_files(page: str, directory: Path) -> None:
    """Save what the page says to save."""
    for name, text in SAVED.findall(page):
        (directory / name).write_text(text)


async def paste(page: str, directory: Path, **settings: str) -> list[tuple[Command, int, str]]:
    """Run a page in the directory: each command, its status, and all that it said."""
    save_files(page, directory)
    given = commands(page)
    script = "".join(f"{command.text}\nprintf '{_MARK}%d{_MARK}' $?\n" for command in given)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APPOINTED_", "DATABASE_URL"))}
    process = await asyncio.create_subprocess_exec(
        *("bash", "--noprofile", "--norc", "-c", script),
        cwd=directory,
        env={**kept, "NO_PROXY": "*", **settings},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    parts = said.decode().split(_MARK)
    assert len(parts) == 2 * len(given) + 1, f"the shell ended early: {parts[-1]}"
    return [(command, int(parts[2 * n + 1]), parts[2 * n]) for n, command in enumerate(given)]
