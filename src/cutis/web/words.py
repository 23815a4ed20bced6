"""Words that people read, in the language of who asks. English where no catalogue has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from gettext import NullTranslations

_CATALOGUE: ContextVar[NullTranslations | None] = ContextVar("catalogue", default=None)
_ENGLISH = NullTranslations()


def _(words: str) -> str:
    """Words in the language of the request that is answered; values go in afterwards: ``_("...") % ...``."""
    return (_CATALOGUE.get() or _ENGLISH).gettext(words)


def ngettext(one: str, several: str, count: int) -> str:
    """As `_`, by a number."""
    return (_CATALOGUE.get() or _ENGLISH).ngettext(one, several, count)


def later(words: str) -> str:
    """Marks words for the catalogues that are translated where they are shown: constants of a module."""
    return words


@contextmanager
def speaking(catalogue: NullTranslations) -> Iterator[None]:
    """Speak a language: within, words come from its catalogue."""
    token = _CATALOGUE.set(catalogue)
    try:
        yield
    finally:
        _CATALOGUE.reset(token)
