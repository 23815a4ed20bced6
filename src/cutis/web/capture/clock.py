"""When a photo was taken, by a phone whose clock may be wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cutis.web.errors import RefusedError

TOLERATED = timedelta(minutes=5)  # a clock this far off is right enough, and the network takes its time
_OLDEST = timedelta(days=400)  # nothing waits on a phone for longer


@dataclass(frozen=True)
class Moment:
    """When a photo was taken.

    Attributes:
        taken: local time where the phone was, ISO 8601 with its offset; None where it cannot be known.
        wrong_by: seconds that the phone's clock is ahead of the server's; 0 where it is right enough.
    """

    taken: str | None
    wrong_by: int


def moment_taken(taken: str, clock: str, arrived: datetime) -> Moment:
    """Correct a moment by what the phone's clock says while it sends.

    Args:
        taken: by the phone's clock, ISO 8601 with an offset; may be empty.
        clock: the phone's clock when it sent, likewise.
        arrived: the server's moment.

    Raises:
        RefusedError: one of them is no moment.
    """
    if not taken or not clock:
        return Moment(None, 0)
    then, here = _read(taken), _read(clock)
    ahead = here - arrived
    if abs(ahead) <= TOLERATED:
        ahead = timedelta()
    right = then - ahead
    # After it was sent, or before anybody could have: the clock was set in between.
    known = arrived - _OLDEST <= right <= arrived + TOLERATED
    return Moment(right.isoformat(timespec="seconds") if known else None, round(ahead.total_seconds()))


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not 1970 < moment.year < 9000:  # a clock that was never set is at 1970
            raise ValueError
    except ValueError as error:
        raise RefusedError(
            422, f"'{text[:40]}' is not a moment such as 2026-05-31T09:30:00+02:00."
        ) from error
    return moment
