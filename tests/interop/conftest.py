"""Documents of others may hold anything anywhere: property tests put it there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=8,
)


def _spoil(document: dict[str, Any], data: st.DataObject) -> None:
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.integers(0, 5)):
            place = place[key]
            continue
        place[key] = data.draw(_JUNK)
        return


@pytest.fixture(scope="session")
def spoil() -> Callable[[dict[str, Any], st.DataObject], None]:
    """Walks down to some place of a document, and puts junk there."""
    return _spoil
