"""What others have, as ours: a text goes in, values of the core come out. Nothing here is written anywhere."""

from collections.abc import Mapping

from appointed.importers.cal_com import read_cal_com
from appointed.importers.easyappointments import read_easyappointments
from appointed.importers.ics import read_ics
from appointed.importers.imported import Importer

IMPORTERS: Mapping[str, Importer] = {
    "calcom": read_cal_com,
    "easyappointments": read_easyappointments,
    "ics": read_ics,
}
