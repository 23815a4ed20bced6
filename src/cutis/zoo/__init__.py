"""Shipped bundles: each small, each with its card."""

from __future__ import annotations

from pathlib import Path

from cutis.core.errors import BundleError


def names() -> tuple[str, ...]:
    """Names of the shipped bundles, in alphabetical order."""
    return tuple(sorted(file.stem for file in Path(__file__).parent.glob("*.cutis")))


def path(name: str) -> Path:
    """The file of a shipped bundle.

    Raises:
        BundleError: there is none of that name; the message lists those there are.
    """
    if name not in names():
        shipped = ", ".join(names()) or "none yet"
        raise BundleError(f"there is no shipped bundle '{name}'. Shipped bundles: {shipped}.")
    return Path(__file__).parent / f"{name}.cutis"
