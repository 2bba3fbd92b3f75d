"""Makes the environment in `.venv`, exactly as the lock files say, from the package index and nothing else.

Runs on a bare Python: the standard library only. `lock` as the argument writes the lock files anew instead.
Fails with one sentence that says what to do.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
UV_HOME = ROOT / ".tools" / "uv"
UV = UV_HOME / "bin" / "uv"
PYTHON = ROOT / ".venv" / "bin" / "python"
READY = ROOT / ".venv" / ".ready"
OLDEST = (3, 11)

COMPILE = ("pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-emit-index-url", "--upgrade")
LOCKS = (
    (("pyproject.toml",), "requirements.lock"),
    (("pyproject.toml", "--group", "dev", "--constraints", "requirements.lock"), "requirements-dev.lock"),
    (("tools/uv.in",), "tools/uv.lock"),
    (("tools/build.in",), "tools/build.lock"),
)


class BootstrapError(Exception):
    """The environment cannot be made. The message says what to do."""


def main(arguments: list[str]) -> int:
    """Make the environment, or with `lock` the lock files."""
    if sys.version_info < OLDEST:
        print("Python 3.11 or newer is needed", file=sys.stderr)
        return 1
    try:
        environment = uv_environment()
        provide_uv()
        if arguments == ["lock"]:
            write_locks(environment)
        else:
            make_environment(environment)
    except BootstrapError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def make_environment(environment: dict[str, str]) -> None:
    """Bring `.venv` to what the lock files say. What is there already stays, if it fits."""
    if not is_usable(PYTHON):
        run(
            [str(UV), "venv", "--quiet", "--clear", "--python", sys.executable, str(ROOT / ".venv")],
            environment,
            "uv could not make .venv",
        )
    pip = [str(UV), "pip"]
    chosen = ["--quiet", "--python", str(PYTHON)]
    run(
        [*pip, "sync", *chosen, "--require-hashes", "requirements-dev.lock"],
        environment,
        "the locked packages could not be installed; is the package index reachable?",
    )
    build = ["--build-constraints", "tools/build.lock", "--no-deps", "--editable", "."]
    run([*pip, "install", *chosen, *build], environment, "the package itself could not be installed")
    READY.touch()


def write_locks(environment: dict[str, str]) -> None:
    """Resolve every set of requirements to the newest that fits, for all platforms, with hashes."""
    for sources, target in LOCKS:
        command = [str(UV), *COMPILE, "--quiet", "--python-version", "3.11", *sources, "--output-file", target]
        run(command, environment, f"{target} could not be resolved")


def provide_uv() -> None:
    """Have the uv of `tools/uv.lock` in `.tools`: in an environment of its own, or beside pip where venv is cut off."""
    if has_locked_uv():
        return
    if UV_HOME.exists():
        shutil.rmtree(UV_HOME)
    locked = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", str(TOOLS / "uv.lock")]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    environment = os.environ | quiet
    if succeeds([sys.executable, "-m", "venv", str(UV_HOME)]):
        pip = [str(UV_HOME / "bin" / "python"), "-m", "pip", "install"]
    elif succeeds([sys.executable, "-m", "pip", "--version"]):
        shutil.rmtree(UV_HOME, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--target", str(UV_HOME)]
    else:
        shutil.rmtree(UV_HOME, ignore_errors=True)
        raise BootstrapError(
            f"{sys.executable} has neither venv nor pip; on Debian: apt install python3-venv (or python3-pip)"
        )
    run([*pip, *locked], environment, "uv could not be installed; is the package index reachable?")


def has_locked_uv() -> bool:
    """Whether the uv at hand is the locked one."""
    locked = re.search(r"^uv==(\S+)", (TOOLS / "uv.lock").read_text(encoding="utf-8"), re.MULTILINE)
    if locked is None:
        raise BootstrapError("tools/uv.lock does not pin uv")
    if not UV.exists():
        return False
    try:
        answer = subprocess.run([str(UV), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.stdout.split()[1:2] == [locked[1]]


def uv_environment() -> dict[str, str]:
    """The environment for uv, which does not read pip's settings: the index and the certificates are told to it."""
    environment = dict(os.environ)
    # An activated environment elsewhere must not become the target, nor another Python be fetched.
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    configured = pip_settings()
    if "index-url" in configured and not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
        environment["UV_DEFAULT_INDEX"] = configured["index-url"]
    if "cert" in configured:
        environment.setdefault("SSL_CERT_FILE", configured["cert"])
    return environment


def pip_settings() -> dict[str, str]:
    """What pip is configured to use, by option; empty where there is no pip to ask."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = re.findall(r"^(global|install|:env:)\.([a-z-]+)='(.*)'$", answer.stdout, re.MULTILINE)
    order = ("global", "install", ":env:")
    return {name: value for _, name, value in sorted(lines, key=lambda line: order.index(line[0]))}


def is_usable(python: Path) -> bool:
    """Whether this interpreter exists, runs and is new enough; a moved or half-made environment is not."""
    return python.exists() and succeeds([str(python), "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"])


def succeeds(command: list[str]) -> bool:
    """Whether a command ends well. Its output is dropped."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: list[str], environment: dict[str, str], failure: str) -> None:
    """Run a command from the root of the project. Raises BootstrapError with `failure`."""
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
        raise BootstrapError(failure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
