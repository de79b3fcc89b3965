"""Why somebody sees a matter or does not: every grant that his roles have, and whether its scope holds here."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from handlers.recusals import RECUSED, state_of
from handlers.registers import Clue
from handlers.wall import matrix, sight
from handlers.wall.grants import Grant
from workflows.actor import Actor


@dataclass(frozen=True)
class Ground:
    """A grant of somebody's role, and whether it holds for the matter."""

    grant: Grant
    holds: bool


@dataclass(frozen=True)
class Explanation:
    """What somebody sees of a matter, and on which grounds."""

    view: str | None  #: of the clue: content metadata status, or nothing
    recused: bool  #: he is, and sees nothing, whatever is granted
    grounds: tuple[
        Ground, ...
    ]  #: by area, as the matrix has them; none: his roles have no grant over matters


def explain(session: Session, somebody: Actor, clue: Clue) -> Explanation:
    """Return why somebody sees a matter or not, by the matrix in force today."""
    areas = matrix.areas_of_stages()
    return Explanation(
        sight.view(session, somebody, clue),
        state_of(session, somebody.id, clue.scope_id) == RECUSED,
        tuple(
            Ground(grant, sight.holds(session, somebody, clue, matrix.held_by(somebody, grant)))
            for grant in matrix.current().of(somebody, areas)
        ),
    )
