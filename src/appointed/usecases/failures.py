"""Where a failure came from, told without what it says: a driver's message may quote what a customer sent."""

import traceback

TOLD_CAUSES = 4


def causes_of(error: BaseException) -> list[str]:
    """The error and what caused it, outermost first: their kinds, and the places in the sources they passed."""
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < TOLD_CAUSES:
        frames = traceback.extract_tb(cause.__traceback__)
        causes.append(f"{type(cause).__name__}: " + " > ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames))
        cause = cause.__cause__ or cause.__context__
    return causes
