"""One folder for each vendor. A dialect translates and never decides."""

from appointed.dialects.native.dialect import NATIVE
from appointed.dialects.ombori.dialect import OMBORI
from appointed.dialects.qmatic.dialect import QMATIC
from appointed.wire.dialect import Dialect

DIALECTS: tuple[Dialect, ...] = (NATIVE, OMBORI, QMATIC)
