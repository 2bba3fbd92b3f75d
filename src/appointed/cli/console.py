"""What the commands say, and how they end when they cannot go on."""

from typing import NoReturn

import typer
from rich.console import Console, RenderableType

from appointed.settings import SettingInvalid, Settings, read_settings

WRONG_SETTING = 2
NOT_READY = 3
WIDE = 10_000

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def show(columns: RenderableType) -> None:
    """Print what has columns or a shape; where nobody looks on it is as wide as it comes, and nothing is cut."""
    (out if out.is_terminal else Console(width=WIDE, highlight=False)).print(columns)


def stop(message: str, status: int) -> NoReturn:
    """Say why and end with `status`."""
    err.print(message, style="red", markup=False)
    raise typer.Exit(status)


def settings() -> Settings:
    """The settings of this process; a wrong one ends it."""
    try:
        return read_settings()
    except SettingInvalid as error:
        stop(str(error), WRONG_SETTING)
