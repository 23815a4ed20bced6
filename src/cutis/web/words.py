"""Words that people read, in the language of who asks. English where no catalogue has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_SPOKEN: ContextVar[tuple[str, NullTranslations]] = ContextVar("spoken")
_ENGLISH = ("en", NullTranslations())


def _(words: str) -> str:
    """Words in the language of the request that is answered; values go in afterwards: ``_("...") % ...``."""
    return _SPOKEN.get(_ENGLISH)[1].gettext(words)


def ngettext(one: str, several: str, count: int) -> str:
    """As `_`, by a number."""
    return _SPOKEN.get(_ENGLISH)[1].ngettext(one, several, count)


def pgettext(context: str, words: str) -> str:
    """As `_`, for English words that mean one thing here and another elsewhere."""
    return _SPOKEN.get(_ENGLISH)[1].pgettext(context, words)


def later(words: str) -> str:
    """Marks words for the catalogues that are translated where they are shown: constants of a module."""
    return words


def language() -> str:
    """The language of the request that is answered, such as ``en``."""
    return _SPOKEN.get(_ENGLISH)[0]


@contextmanager
def speaking(name: str, catalogue: NullTranslations) -> Iterator[None]:
    """Speak a language: within, words come from its catalogue."""
    token = _SPOKEN.set((name, catalogue))
    try:
        yield
    finally:
        _SPOKEN.reset(token)
