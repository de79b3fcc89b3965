"""Where an act came from: known at the edge, which says so once for each request; nobody hands it down."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """The door by which somebody came, and from where."""

    kind: str | None = None  #: page api engine-rest cli worker
    address: str | None = None  #: of the network, as the server saw it
    request_id: str | None = None  #: as in the log


_NOWHERE = Origin()
_present: ContextVar[Origin] = ContextVar("origin", default=_NOWHERE)
_recorded: ContextVar[bool] = ContextVar("recorded", default=False)


def comes_from(kind: str, *, address: str | None = None, request_id: str | None = None) -> None:
    """Let what is recorded from now on, on this thread, bear this origin."""
    _present.set(Origin(kind, address[:64] if address else None, request_id))
    _recorded.set(False)


def present() -> Origin:
    """Return the origin of what is being done."""
    return _present.get()


def recorded() -> bool:
    """Return whether anything was recorded since `comes_from`."""
    return _recorded.get()


def note() -> None:
    """Remember that something was recorded."""
    _recorded.set(True)
