"""Photos that are sent here by DICOM, C-STORE."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cutis.core.errors import CutisError
from cutis.interop.dicom.keep import Received
from cutis.interop.dicom.receive import Listening, receiving, server_tls
from cutis.web.gateway.arrive import Came, NotTakenHereError, arrive
from cutis.web.gateway.gateway import Gateway
from cutis.web.gateway.inlets.telling import Tell
from cutis.web.gateway.peers import Receiver


@contextmanager
def listening(gateway: Gateway, chosen: Receiver, tell: Tell) -> Iterator[int]:
    """Receive by C-STORE while the block runs.

    Args:
        gateway: that keeps what comes.
        chosen: where to listen, and to whom.
        tell: called with what is wrong.

    Yields:
        The port.

    Raises:
        CutisError: the port is taken, or the certificate cannot be used.
    """

    def on_received(received: Received) -> None:
        came = Came(received.caller, received.path.read_bytes(), issuer=chosen.issuer)
        try:
            arrive(gateway, came)
        except NotTakenHereError as error:
            tell(f"{received.caller}: {error}")
            raise

    def on_refused(caller: str, uid: str, why: str) -> None:
        platform = gateway.platform
        platform.audit.note(platform.database, "delivery.refused", source=caller[:16], reason=why[:200])
        tell(f"{caller}: an object was refused, since {why}")

    tls = None
    if chosen.certificate and chosen.key:
        try:
            tls = server_tls(chosen.certificate, chosen.key, peers=chosen.authority)
        except OSError as error:
            raise CutisError(
                f"{chosen.certificate}: certificate or key cannot be used ({error.strerror or error})."
            ) from error
    told = Listening(
        port=chosen.port,
        host=chosen.host,
        title=chosen.title,
        peers=chosen.peers,
        strict=chosen.strict,
        associations=chosen.associations,
        seconds=chosen.seconds,
        tls=tls,
    )
    with receiving(gateway.arrived, told, on_received=on_received, on_refused=on_refused) as port:
        yield port
