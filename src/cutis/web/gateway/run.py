"""The gateway at work: its inlets, and the queue that takes deliveries from step to step.

What is to be done stands in the database; the queue only shares it out. So a gateway that was killed finds
all of it again, and whatever was left in the queue is forgotten at the start.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import exists, or_, select

from cutis.core.errors import CutisError
from cutis.core.files import write_text
from cutis.web import apart
from cutis.web.app import open_platform
from cutis.web.database import Analysis, Delivery, Dispatch
from cutis.web.database import analysis as analyses
from cutis.web.database.delivery import ARRIVED, MADE, TAKEN, WAITING
from cutis.web.database.row import now
from cutis.web.gateway import refusals, sending, steps, withdrawal
from cutis.web.gateway.gateway import FOLDER, Gateway
from cutis.web.gateway.inlets.folder import WatchedFolder
from cutis.web.gateway.inlets.receiver import listening
from cutis.web.gateway.inlets.record import poll_record
from cutis.web.gateway.inlets.web import AskedServer
from cutis.web.gateway.rules import Rules
from cutis.web.holding import hold
from cutis.web.jobs.keeper import worker_of
from cutis.web.jobs.queue import open_huey
from cutis.web.settings import Settings

_log = logging.getLogger("cutis.gateway")
LOOK = 0.3  # seconds between two looks into the database
SWEEP = 60.0  # seconds between two looks for what is to be forgotten
HANDS = 4  # deliveries and dispatches at work at the same time
_LONGEST = 300.0  # seconds before a step that failed is tried again
STATUS = "status.json"


@dataclass(eq=False)
class Working:
    """A gateway at work.

    Attributes:
        held: what it works on.
        queued: what was given to the queue and is not over.
        troubles: what is wrong now, each said once in ten minutes.
    """

    held: Gateway
    over: threading.Event = field(default_factory=threading.Event)
    queued: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    troubles: dict[str, float] = field(default_factory=dict)
    doing: str = ""

    def tell(self, words: str) -> None:
        """Say what is wrong, on the page and in the log, and not every second."""
        last = self.troubles.get(words)
        if last is None or monotonic() - last > 600:
            self.troubles[words] = monotonic()
            _log.warning("%s", words)
            self.write_status()

    def write_status(self) -> None:
        """Let the page know what is listened to, and what is wrong."""
        fresh = [words for words, when in self.troubles.items() if monotonic() - when < 3600]
        told = {"moment": now().isoformat(), "listens": self.doing, "troubles": fresh[-50:]}
        folder = self.held.platform.settings.data_folder / FOLDER
        write_text(folder / STATUS, json.dumps(told))

    def work(self, kind: str, identity: str) -> None:
        """Do what the queue says: the next steps of a delivery, or a try of a dispatch."""
        try:
            if kind == "dispatch":
                if sending.dispatch(self.held, identity):
                    self._after(identity)
            else:
                while not self.over.is_set() and steps.advance(self.held, identity):
                    pass
        except Exception as error:  # a full disk, a busy database: nothing is lost, and it is tried again
            self.tell(f"a step could not be done ({type(error).__name__}) and is tried again")
            _log.debug("%s %s", kind, identity, exc_info=error)
            self._later(kind, identity)
        finally:
            with self.lock:
                self.queued.discard(identity)

    def _after(self, dispatch: str) -> None:
        with self.held.platform.database.reading() as session:
            delivery = session.get_one(Dispatch, dispatch).delivery_id
        steps.close(self.held, delivery)

    def _later(self, kind: str, identity: str) -> None:
        try:
            with self.held.platform.database.writing() as session:
                row: Dispatch | Delivery | None
                if kind == "dispatch":
                    row = session.get(Dispatch, identity)
                else:
                    row = session.get(Delivery, identity)
                if row is not None:
                    # By this alone nothing becomes a dead letter: the receiver was not asked.
                    if kind != "dispatch" or row.tries + 1 < self.held.rules.sending.tries:
                        row.tries += 1
                    row.due = now() + timedelta(seconds=min(2.0 ** min(row.tries, 10), _LONGEST))
        except Exception as error:
            _log.debug("later: %s", type(error).__name__)

    def due(self, most: int = 200) -> list[tuple[str, str]]:
        """What can be done now: kinds and identities, the oldest first."""
        unanswered = exists().where(
            Analysis.photo_id == Delivery.photo_id, Analysis.state == analyses.WAITING
        )
        unsent = exists().where(Dispatch.delivery_id == Delivery.id, Dispatch.state == WAITING)
        ready = or_(
            Delivery.state == ARRIVED,
            (Delivery.state == TAKEN) & ~unanswered,
            (Delivery.state == MADE) & ~unsent,
        )
        with self.held.platform.database.reading() as session:
            late = or_(Delivery.due.is_(None), Delivery.due <= now())
            chosen = select(Delivery.id).where(ready, late).order_by(Delivery.created).limit(most)
            found = [("delivery", one) for one in session.scalars(chosen)]
            late = or_(Dispatch.due.is_(None), Dispatch.due <= now())
            waiting = (
                select(Dispatch.id)
                .join(Delivery, Delivery.id == Dispatch.delivery_id)
                .where(Dispatch.state == WAITING, Delivery.state == MADE, late)
            )
            sent = session.scalars(waiting.order_by(Dispatch.created).limit(most))
            return found + [("dispatch", one) for one in sent]


def open_gateway(settings: Settings, rules: Rules) -> Gateway:
    """Open the platform for a gateway, beside a server or without one.

    Raises:
        CutisError: see `cutis.web.app.open_platform`; or a rule names no study.
    """
    try:
        alone = hold(settings.data_folder)
    except CutisError:
        platform = open_platform(settings, beside=True)
    else:
        with alone:
            platform = open_platform(settings)
    gateway = Gateway(platform, rules)
    steps.check_studies(gateway)
    steps.take_up_again(gateway)
    return gateway


def run(settings: Settings, rules: Rules, say: Callable[[str], None], over: threading.Event) -> None:
    """Work until the event is set.

    Args:
        settings: of the installation.
        rules: which photo goes which way.
        say: called with what is listened to.
        over: ends the work.

    Raises:
        CutisError: another gateway works on the folder, a port is taken, or a rule does not hold.
    """
    with ExitStack() as stack:
        stack.enter_context(hold(settings.data_folder, "gateway"))
        gateway = open_gateway(settings, rules)
        stack.callback(gateway.platform.database.close)
        working = Working(gateway, over)
        apart.warm_up()
        lines = list(_inlets(working, stack))
        stack.enter_context(worker_of(settings))
        give = stack.enter_context(_consuming(settings, working))
        working.doing = "; ".join(lines)
        working.write_status()
        for line in lines:
            say(line)
        say("Ready.")
        _look(working, give)


def _look(working: Working, give: Callable[[str, str], None]) -> None:
    swept = monotonic() - SWEEP
    while not working.over.is_set():
        try:
            for kind, identity in working.due():
                with working.lock:
                    if identity in working.queued:
                        continue
                    working.queued.add(identity)
                give(kind, identity)
            if monotonic() - swept > SWEEP:
                swept = monotonic()
                withdrawal.forget(working.held)
                refusals.forget(working.held)
                working.write_status()
        except Exception as error:  # of a database that is busy or away
            working.tell(f"the database cannot be asked ({type(error).__name__}); it is asked again")
        working.over.wait(LOOK)


@contextmanager
def _consuming(settings: Settings, working: Working) -> Iterator[Callable[[str, str], None]]:
    """Huey with its threads; yields what gives it something to do."""
    huey = open_huey(settings, "gateway")
    huey.flush()  # of a gateway that was killed: the database knows

    def work(kind: str, identity: str) -> None:
        working.work(kind, identity)

    task = huey.task()(work)
    logging.getLogger("huey").setLevel(logging.ERROR)
    consumer = huey.create_consumer(
        workers=HANDS, periodic=False, initial_delay=0.05, max_delay=0.2, backoff=1.2, shutdown_timeout=20
    )
    consumer._set_signal_handlers = lambda: None  # whoever runs the gateway has its own
    consumer.start()

    def give(kind: str, identity: str) -> None:
        try:
            huey.enqueue(task.s(kind, identity))
        except Exception:
            with working.lock:
                working.queued.discard(identity)
            raise

    try:
        yield give
    finally:
        consumer.stop(graceful=True)


def _inlets(working: Working, stack: ExitStack) -> Iterator[str]:
    """Open every inlet; what each listens to, in words."""
    held, rules = working.held, working.held.rules
    if rules.receiver:
        port = stack.enter_context(listening(held, rules.receiver, working.tell))
        secure = " with TLS" if rules.receiver.certificate else ""
        yield f"DICOM at {rules.receiver.host}:{port} as {rules.receiver.title}{secure}"
    for folder in rules.folders:
        watched = WatchedFolder(held, folder, working.tell)
        _start(working, folder.name, watched.look, 0.5)
        yield f"Folder {folder.path} ({folder.name})"
    for web in rules.dicomweb:
        if web.every:
            _start(working, web.name, AskedServer(held, web, working.tell).look, web.every)
            yield f"DICOMweb {web.url} ({web.name}), every {web.every:g} s"
    for record in rules.records:
        if record.every:
            poll = partial(poll_record, held, record, working.tell)
            _start(working, record.name, poll, record.every)
            yield f"FHIR {record.url} ({record.name}), every {record.every:g} s"


def _start(working: Working, name: str, look: Callable[[], int], every: float) -> None:
    def again() -> None:
        while not working.over.is_set():
            try:
                look()
            except Exception as error:  # one inlet's failure is not that of the others
                working.tell(f"{name}: could not be looked at ({type(error).__name__}); again soon")
                _log.debug("%s", name, exc_info=error)
            working.over.wait(every)

    threading.Thread(target=again, name=f"inlet {name}", daemon=True).start()


def status_of(folder: Path) -> dict[str, Any]:
    """What the gateway of a data folder said last; empty where there was none."""
    try:
        told = json.loads((folder / FOLDER / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
