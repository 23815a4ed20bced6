"""A DICOMweb server: what is new there (QIDO-RS), the photos (WADO-RS), and results sent to it (STOW-RS)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cutis.core.errors import CutisError, MissingExtraError
from cutis.web.gateway.peers import Web

_BUSY = (408, 425, 429)


def store(web: Web, paths: Sequence[Path]) -> str:
    """Send files by STOW-RS, all in one request.

    Raises:
        TryLaterError: the server is away, busy or slow.
        CutisError: it refuses them.
    """
    import pydicom

    from cutis.web.gateway.sending import TryLaterError

    sets = [pydicom.dcmread(path) for path in paths]
    try:
        told = _client(web).store_instances(sets)
    except CutisError:
        raise
    except Exception as error:
        raise _trouble(error, TryLaterError) from error
    failed = list(getattr(told, "FailedSOPSequence", ()) or ())
    if failed:
        reason = int(getattr(failed[0], "FailureReason", 0) or 0)
        words = f"{len(failed)} of {len(sets)} objects were not taken (reason {reason:04X})"
        raise (TryLaterError if 0xA700 <= reason < 0xA800 else CutisError)(f"{words}.")
    return f"{len(sets)} objects"


def found(web: Web, at_once: int = 200) -> Iterator[tuple[str, str, str]]:
    """Photos that the server has, by QIDO-RS: study, series and instance.

    Raises:
        TryLaterError: the server is away, busy or slow.
        CutisError: it refuses.
    """
    from cutis.web.gateway.sending import TryLaterError

    client = _client(web)
    try:
        for study in _pages(client, web, at_once):
            uid = _value(study, "0020000D")
            for series in client.search_for_series(uid):
                if web.modalities and _value(series, "00080060") not in web.modalities:
                    continue
                own = _value(series, "0020000E")
                for one in client.search_for_instances(uid, own):
                    yield uid, own, _value(one, "00080018")
    except Exception as error:
        raise _trouble(error, TryLaterError) from error


def _pages(client: Any, web: Web, at_once: int) -> Iterator[dict[str, Any]]:
    """Studies, page after page; a server that knows no pages gives the same ones again, and is left."""
    seen: set[str] = set()
    while True:
        page = client.search_for_studies(search_filters=dict(web.query), limit=at_once, offset=len(seen))
        new = [one for one in page if _value(one, "0020000D") not in seen]
        yield from new
        seen |= {_value(one, "0020000D") for one in new}
        if len(page) < at_once or not new:
            return


def fetched(web: Web, study: str, series: str, instance: str) -> bytes:
    """An object as a file, by WADO-RS, in the transfer syntax that it is stored in.

    Raises:
        TryLaterError: the server is away, busy or slow.
        CutisError: it refuses.
    """
    from cutis.web.gateway.sending import TryLaterError

    try:
        data = _client(web).retrieve_instance(
            study, series, instance, media_types=(("application/dicom", "*"),)
        )
        out = io.BytesIO()
        data.save_as(out, enforce_file_format=True)
        return out.getvalue()
    except Exception as error:
        raise _trouble(error, TryLaterError) from error


def _client(web: Web) -> Any:
    try:
        import requests
        from dicomweb_client.api import DICOMwebClient
    except ImportError as error:
        raise MissingExtraError("dicom", "DICOMweb") from error

    class Patient(requests.Session):
        """A session whose every request ends, and carries the token of now."""

        def request(self, *given: Any, **more: Any) -> Any:
            more["timeout"] = more.get("timeout") or (min(10.0, web.seconds), web.seconds)
            more["allow_redirects"] = False  # a redirect would carry the token elsewhere
            if web.token_file:
                token = web.token_file.read_text(encoding="utf-8").strip()
                more["headers"] = {**(more.get("headers") or {}), "Authorization": f"Bearer {token}"}
            return super().request(*given, **more)

    client = DICOMwebClient(url=web.url.rstrip("/"), session=Patient())
    client.set_http_retry_params(retry=False)
    return client


def _trouble(error: Exception, later: type[CutisError]) -> CutisError:
    if isinstance(error, CutisError):
        return error
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        # A token that has expired is changed in its file; until then the same is tried again.
        kind = later if status >= 500 or status in (*_BUSY, 401) else CutisError
        return kind(f"The DICOMweb server answered with status {status}.")
    return later(f"The DICOMweb server did not answer well ({type(error).__name__}).")


def _value(item: dict[str, Any], tag: str) -> str:
    values = item.get(tag, {}).get("Value") or [""]
    return str(values[0])
