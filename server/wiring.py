"""What every process of the system needs before it touches a matter: the office behind the engine's ports."""

from __future__ import annotations

import server.tables  # noqa: F401 - so that every table and operation is known
from handlers import codes
from handlers.vault import keys
from handlers.wall import Wall
from server.settings import Settings
from workflows import clock, plans, recording, visibility


def wire(settings: Settings) -> None:
    """Install the wall, the code tables, the zone, the calendar, the demo's clock and the vault's keys, process-wide."""
    visibility.install(Wall())
    recording.install(codes.tables)
    clock.use_zone(settings.timezone)
    plans.use_jurisdiction(settings.jurisdiction)
    clock.move(settings.clock_offset)
    keys.use(settings.master_key_file, settings.master_key)
