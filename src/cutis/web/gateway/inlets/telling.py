"""What is said of items that cannot be taken."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import DataError

# Of what is wrong with one item, and would be wrong again; a full disk or a busy database is not of the item.
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, DataError)
Tell = Callable[[str], None]


def odd(name: str, error: Exception) -> str:
    """Without what the error says: that may name somebody."""
    return f"{name}: an object could not be taken ({type(error).__name__}); it is passed over."
