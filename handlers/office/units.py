"""Units as a tree: found by code, listed in order, with everything below by prefix of the path."""

from __future__ import annotations

import re

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from handlers.office.model import UNIT_KINDS, Unit
from workflows.errors import FieldError, InvalidInput, NotFound

#: How the name of a place ends.
PLACES = "省市州盟县区旗镇乡"
_CODE = re.compile(r"[A-Z][A-Z0-9]{0,15}")


def unit(session: Session, code: str) -> Unit:
    """Return the unit with this code, or raise NotFound naming it."""
    found = session.scalar(select(Unit).where(Unit.code == code))
    if found is None:
        raise NotFound(f"There is no unit {code!r}.", code="no_unit", unit=code)
    return found


def named(session: Session, name: str) -> Unit | None:
    """Return the unit that is written like this: alone, behind a unit above it, or behind the place (示例市生态环境局).

    None if it is not just one.
    """
    ending = session.scalars(select(Unit).where(literal(name).like("%" + Unit.name_zh)))
    found = [one for one in ending if _is_placed(session, one, name.removesuffix(one.name_zh))]
    return found[0] if len(found) == 1 else None


def _is_placed(session: Session, unit: Unit, before: str) -> bool:
    """Return whether what stands before a unit's name is nothing, a unit above it, or the place one of them is of."""
    if not before:
        return True
    codes = unit.path.strip("/").split("/")[:-1]
    above = session.scalars(select(Unit.name_zh).where(Unit.code.in_(codes))).all()
    return before in above or (before[-1] in PLACES and any(one.startswith(before) for one in above))


def tree(session: Session) -> list[Unit]:
    """Return all units, each parent before its children; depth is the number of slashes in `path`."""
    # Sorted here: a database's collation may skip the slashes.
    return sorted(session.scalars(select(Unit)), key=lambda row: row.path)


def agencies(session: Session) -> list[Unit]:
    """Return the agencies that transfer clues, by code."""
    return list(session.scalars(select(Unit).where(Unit.kind == "agency").order_by(Unit.code)))


def depth(row: Unit) -> int:
    """Return how many units stand above this one."""
    return row.path.count("/") - 2


def add_unit(
    session: Session,
    code: str,
    *,
    name_zh: str,
    name_en: str,
    kind: str,
    parent: str | None = None,
    area_code: str = "",
) -> Unit:
    """Return the new unit below `parent` (a code); raise InvalidInput naming every bad field."""
    bad = _bad_fields(session, code, kind)
    if bad:
        raise InvalidInput(f"The unit {code!r} cannot be added.", fields=bad)
    above = unit(session, parent) if parent else None
    row = Unit(
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        kind=kind,
        parent_id=above.id if above else None,
        path=f"{above.path if above else '/'}{code}/",
        area_code=area_code,
    )
    session.add(row)
    session.flush()
    return row


def _bad_fields(session: Session, code: str, kind: str) -> dict[str, FieldError]:
    bad = {}
    # Codes become parts of group names and of paths: nothing else may be in them.
    if not _CODE.fullmatch(code):
        bad["code"] = FieldError("pattern", {"expected": "capital letters and digits, at most 16"})
    elif session.scalar(select(Unit.id).where(Unit.code == code)):
        bad["code"] = FieldError("taken", {"value": code})
    if kind not in UNIT_KINDS:
        bad["kind"] = FieldError("option", {"value": kind, "options": sorted(UNIT_KINDS)})
    return bad
