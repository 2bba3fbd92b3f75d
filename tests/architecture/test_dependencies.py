"""What is installed is what is needed, and is locked without saying where it came from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ["requirements.lock", "requirements-dev.lock", "tools/uv.lock", "tools/build.lock"]
NAME = re.compile(r"[\w.-]+")
PIN = re.compile(
    r"^([\w.-]+)==(\S+)((?: ;[^\\\n]*)?) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
# Nothing names it: zoneinfo finds its files where the system has none.
UNNAMED = {"tzdata"}
# What is imported from those whose names tell something else.
MODULES = {
    "markdown-it-py": "markdown_it",
    "opentelemetry-api": "opentelemetry",
    "python-dateutil": "dateutil",
    "pyyaml": "yaml",
}


def pins(lock: str) -> dict[str, str]:
    return {match[1]: match[2] for match in PIN.finditer((ROOT / lock).read_text())}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_pins_with_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text()
    assert pins(lock)
    assert [line for line in PIN.sub("", text).splitlines() if line.strip() and not line.startswith("    #")] == []
    assert "://" not in text


def test_the_tools_stand_on_what_the_product_uses():
    product, everything = pins("requirements.lock"), pins("requirements-dev.lock")
    assert product.items() <= everything.items()


def test_every_dependency_is_locked_and_used():
    sources = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    wanted = {NAME.match(requirement)[0] for requirement in PROJECT["project"]["dependencies"]}
    assert wanted <= pins("requirements.lock").keys()
    used = {name for name in wanted if re.search(rf"\b{MODULES.get(name, name.replace('-', '_'))}\b", sources)}
    assert wanted - used - UNNAMED == set()
