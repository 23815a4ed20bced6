"""Which browser somebody is signed in with, in words for its owner to know it again."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

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


def network_of(request: Request) -> str:
    """Whose tries are counted together: an address, or the 64 bits of IPv6 that one connection has to itself.

    Whoever has such a network can take another address of it for each try.
    """
    said = address_of(request)
    try:
        address = ip_address(said.partition("%")[0])
    except ValueError:
        return said
    if not isinstance(address, IPv6Address):
        return said
    return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))
