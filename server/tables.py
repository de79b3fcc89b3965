"""Importing this module imports every module of handlers: with it every table and every operation exists.

By discovery rather than by list, so that a new kind of effect needs its one file only.
"""

from __future__ import annotations

import importlib
import pkgutil

import handlers
import server.auth
import server.rulebook
import server.traffic
from workflows.model import Base

for _package in (handlers, server.auth, server.traffic):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        importlib.import_module(_module.name)

#: Every table of the system, complete once this module is imported.
metadata = Base.metadata
