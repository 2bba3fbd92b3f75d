"""The program between the launcher and PostgreSQL: it gives up rights, ties its life to its parent's, and execs.

It is run by its path with `python -I -S`, so it imports nothing of this package. The pid stays the same throughout.
"""

import ctypes
import os
import sys
from typing import NoReturn

REFUSED = 77
"""Exit status when the program was not started. One line on standard error says why."""

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2

_CAP_SETPCAP = 8
_CAPABILITY_VERSION_3 = 0x20080522
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySet(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _refuse(why: str) -> NoReturn:
    os.write(2, os.fsencode(f"{why}\n"))
    os._exit(REFUSED)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _prctl(libc: ctypes.CDLL, option: int, first: int, second: int = 0) -> None:
    _check(libc.prctl(option, *(ctypes.c_ulong(value) for value in (first, second, 0, 0))))


def _set_capabilities(libc: ctypes.CDLL, *capabilities: int) -> None:
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    bits = sum(1 << capability for capability in capabilities)
    sets = (_CapabilitySet * 2)(_CapabilitySet(bits, bits, bits), _CapabilitySet(0, 0, 0))
    _check(libc.capset(ctypes.byref(header), ctypes.byref(sets)))


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    """Hold this capability and no other, across `exec` too. Raises OSError where the kernel or a sandbox forbids it."""
    _set_capabilities(libc, capability, _CAP_SETPCAP)
    # PostgreSQL asks access(2) about its own files, which otherwise answers as if an ordinary user had no capability.
    _prctl(libc, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    _set_capabilities(libc, capability)
    _prctl(libc, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _first_closed(program: str, directories: list[str]) -> str | None:
    """The first path the present user cannot use, or None."""
    for directory in directories:
        if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
            return directory
    return None if os.access(program, os.R_OK | os.X_OK) else program


def _become(libc: ctypes.CDLL, user: int, group: int, capability: int, program: str, directories: list[str]) -> None:
    linux = sys.platform == "linux"
    if linux:
        _prctl(libc, _PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    closed = _first_closed(program, directories)
    if closed is None:
        return
    advice = (
        f"user {user}, as whom the database has to run, cannot reach {closed}: "
        "let others enter the directories above it (chmod o+x), or choose a data directory elsewhere"
    )
    if not linux:
        _refuse(advice)
    try:
        _keep_only(libc, capability)
    except OSError as error:
        _refuse(f"{advice} ({error.strerror})")


def main(arguments: list[str]) -> NoReturn:
    """Become the program, or exit with `REFUSED`.

    Arguments: the parent's pid, the signal to get when the parent dies, user and group (-1 keeps both), the capability
    to keep if something is out of reach, the number of directories the program writes in, these, the program, its own.
    """
    parent, death_signal, user, group, capability, count = (int(argument) for argument in arguments[:6])
    directories, command = arguments[6 : 6 + count], arguments[6 + count :]
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if user >= 0:
            _become(libc, user, group, capability, command[0], directories)
        if sys.platform == "linux":
            # After the change of user, which clears it; a parent that died before it is seen by the next line.
            _prctl(libc, _PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            _refuse("the process that started the database has ended")
        os.execv(command[0], command)
    except OSError as error:
        _refuse(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
