"""How much may be sent, and for how long: no body is endless, none is read that nobody asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from time import monotonic

from fastapi import Request
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cutis.web.errors import RefusedError
from cutis.web.words import _

SMALL = 1_000_000  # bytes of anything but an upload
_CLOSE = {"connection": "close"}  # the rest of the body is not waited for


class BoundedBodies:
    """Stop a body that is too long or takes too long, whoever reads it.

    Args:
        app: what answers.
        most: bytes of a form with files; of all else it is a million.
        seconds: in which the body must have arrived.
        larger: bytes of a form with files at certain addresses.
    """

    def __init__(
        self, app: ASGIApp, *, most: int, seconds: float, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app, self.most, self.seconds = app, most, seconds
        self.larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with_files = headers.get("content-type", "").startswith(("multipart/form-data", "multipart/related"))
        most = self.larger.get(scope["path"], self.most) if with_files else SMALL
        declared = headers.get("content-length", "0")
        arrived, end, whole = 0, monotonic() + self.seconds, False

        async def bounded() -> Message:
            nonlocal arrived, whole
            if whole:
                return await receive()  # only whether the other side goes away
            if declared.isdigit() and int(declared) > most:
                raise _too_large(most)
            try:
                message = await asyncio.wait_for(receive(), max(end - monotonic(), 0.001))
            except TimeoutError as error:
                raise RefusedError(408, headers=_CLOSE) from error
            arrived += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if arrived > most:
                raise _too_large(most)
            return message

        await self.app(scope, bounded, send)


def _too_large(most: int) -> RefusedError:
    words = _("What was sent is larger than %(most).0f MB, the most that is taken here. Send a smaller file.")
    return RefusedError(413, words % {"most": most / 1e6}, headers=_CLOSE)


class Form:
    """What was filled in.

    Args:
        data: as it arrived.
    """

    def __init__(self, data: FormData) -> None:
        self.data = data

    def text(self, name: str, *, most: int = 120, needed: bool = True, called: str = "") -> str:
        """One line of text, without blanks around it.

        Raises:
            RefusedError: empty though needed, longer than ``most`` characters, or with control characters.
        """
        value = self.data.get(name, "")
        called = called or name.replace("_", " ")
        if not isinstance(value, str):
            raise RefusedError(422, _("'%(name)s' is a file, not text.") % {"name": called})
        value = value.strip()
        if needed and not value:
            raise RefusedError(422, _("'%(name)s' is empty. Fill it in.") % {"name": called})
        if len(value) > most:
            words = _("'%(name)s' has %(count)d characters, more than %(most)d. Shorten it.")
            raise RefusedError(422, words % {"name": called, "count": len(value), "most": most})
        if any(not sign.isprintable() for sign in value):
            words = _("'%(name)s' has characters that cannot be shown. Type it anew.")
            raise RefusedError(422, words % {"name": called})
        return value

    def secret(self, name: str) -> str:
        """A password as it was typed, blanks and all."""
        value = self.data.get(name, "")
        return value if isinstance(value, str) else ""

    def ticked(self, name: str) -> bool:
        """A box was ticked."""
        return self.data.get(name) == "yes"

    def file(self, name: str) -> UploadFile:
        """A file.

        Raises:
            RefusedError: there is none.
        """
        value = self.data.get(name)
        if not isinstance(value, UploadFile):
            raise RefusedError(422, _("No file was sent. Choose one, and send it again."))
        return value


async def read_form(request: Request) -> Form:
    """Read a form; files go to unnamed temporary files, which end with the process.

    Raises:
        RefusedError: not a form, or one that cannot be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    stream: AsyncGenerator[bytes, None] = request.stream()
    try:
        if kind == "multipart/form-data":
            parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=20)
            return Form(await parser.parse())
        if kind in ("application/x-www-form-urlencoded", ""):
            return Form(await FormParser(request.headers, stream).parse())
    except MultiPartException as error:
        raise RefusedError(422, _("The form arrived damaged. Send it again.")) from error
    words = _("This takes forms, not '%(kind)s'.") % {"kind": kind[:40]}
    raise RefusedError(415, words, title=_("Not a form"))
