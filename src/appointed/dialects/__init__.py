"""One folder for each vendor. A dialect translates and never decides."""

from appointed.dialects.ombori.dialect import OMBORI
from appointed.wire.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (OMBORI,)
