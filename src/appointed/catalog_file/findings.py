"""What cannot be in a catalogue, and where."""

from collections.abc import Sequence
from typing import NamedTuple

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """Something that cannot be. `expected` is the code of what could stand there, `problem` says it in a sentence."""

    path: Path
    expected: str
    problem: str

    @property
    def field(self) -> str:
        """The path as it is written: `services[0].roles[1].resources[0]`."""
        return field_text(self.path)


def field_text(path: Path) -> str:
    """A path as it is written."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


class CatalogInvalid(Exception):
    """A catalogue's shape means nothing that could be. `findings` say where and why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{finding.field}: {finding.problem}" for finding in findings))
        self.findings = tuple(findings)
