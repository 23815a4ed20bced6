"""Which browser somebody is signed in with, in words for its owner to know it again."""

from __future__ import annotations

from fastapi import Request

# The first that is found counts: many call themselves by the names of others too.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_MACHINES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_of(request: Request) -> str:
    """Such as ``Firefox, Linux``; empty where it does not say."""
    said = request.headers.get("user-agent", "")
    found = (
        next((name for sign, name in each.items() if sign in said), "") for each in (_BROWSERS, _MACHINES)
    )
    return ", ".join(name for name in found if name)


def address_of(request: Request) -> str:
    """Address from which a request comes."""
    return (request.client.host if request.client else "unknown")[:45]
