"""What a server does before it serves: tables, limits, ladders, roles and processes as this version has them.

Done again it changes nothing; several servers on one PostgreSQL do it one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from handlers import acts, conventions, escalation, office, stages, wall
from handlers.vault import keys
from server import folders, rulebook
from server.db import Database, migrate
from server.guard import EVERYBODY
from server.settings import Settings
from server.tables import metadata
from workflows import clocks, colours, definitions, limits
from workflows.actor import Actor
from workflows.calendar import Limit
from workflows.errors import InvalidInput
from workflows.model import Deployment, TimeLimit

#: Who deploys what came with the program.
SYSTEM = Actor("system")
#: The source of deployments from folders, by which the same folder is recognised.
SOURCE = "duban"

Say = Callable[[str], object]


def prepare(database: Database, settings: Settings, *, say: Say = lambda line: None) -> None:
    """Bring the database up to date with this version of the program: tables, reference data, processes."""
    say("Bringing the database up to date …")
    lay(database)
    deploy_all(database, settings)


def deploy_all(database: Database, settings: Settings) -> None:
    """Deploy every process that comes with the program, where it has changed."""
    with database.alone():
        for folder in folders.find(folders.BPMN):
            with database.unit_of_work() as session:
                deploy(session, folder, actor=SYSTEM, profile=settings.gate)


def lay(database: Database) -> None:
    """Bring tables and reference data up to date: enough to keep accounts and the office."""
    migrate(database)
    with database.alone(), database.unit_of_work() as session:
        load_reference_data(session)
        rulebook.witness(session)


def load_reference_data(session: Session, source: Path = folders.BPMN) -> None:
    """Take in roles, time limits, how they are counted, and reminder ladders; known ones stay as they are.

    The visibility matrix is read from its file; one that is wrong is refused.
    """
    for name, load in (
        ("roles.csv", office.load_roles),
        ("time_limits.csv", limits.load),
        ("reminders.csv", escalation.load),
        ("visibility.csv", wall.load),
    ):
        try:
            load(session, (source / name).read_text("utf-8"))
        except InvalidInput as error:
            raise InvalidInput(f"{source / name}: {error.message}") from error
    conventions.seed(session)
    clocks.watch_caps(session)
    know_roles(session)


def check_demands(database: Database, settings: Settings) -> None:
    """Raise InvalidInput where second factors are demanded of no role that there is, or nobody could set one up."""
    with database.reading() as session:
        roles = set(session.scalars(select(office.Role.id)))
    if unknown := settings.second_factor_roles - roles - {EVERYBODY}:
        raise InvalidInput(
            f"DUBAN_SECOND_FACTOR_ROLES names no role: {', '.join(sorted(unknown))}. There are: "
            f"{', '.join(sorted(roles))}; or all."
        )
    if settings.second_factor_roles and not keys.ready():
        raise InvalidInput(
            "DUBAN_SECOND_FACTOR_ROLES needs a master key to keep the secrets under: make one with "
            "`duban vault key new FILE` and name it in DUBAN_MASTER_KEY_FILE."
        )


def limits_today(session: Session) -> list[Limit]:
    """Return the version of every limit that is in force today."""
    rules = session.scalars(
        select(TimeLimit.rule_id).where(
            TimeLimit.n.is_not(None),
            TimeLimit.liberty.is_(False),
            TimeLimit.effective_from <= office.today(),
        )
    )
    return [limits.current(session, rule, office.today()) for rule in dict.fromkeys(rules)]


def know_roles(session: Session) -> None:
    """Let the deployment gate know which groups there can be, roles and people by their login, and which stages."""
    roles = set(session.scalars(select(office.Role.id)))
    logins = set(session.scalars(select(office.Person.login).where(office.Person.login.is_not(None))))
    definitions.know_roles({*roles, *(login for login in logins if login)})
    definitions.know_stages(stages.known())
    definitions.know_duties(acts.rules())
    colours.know_recipients({*roles, *escalation.RELATIONS})


@contextmanager
def draft() -> Iterator[Session]:
    """Give a session on a database in memory with the reference data: for checks that leave no trace."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with Session(engine) as session:
        load_reference_data(session)
        yield session
    engine.dispose()


def deploy(
    session: Session,
    path: Path,
    *,
    actor: Actor,
    profile: str,
    force: definitions.Force | None = None,
) -> Deployment:
    """Return the deployment of one process folder or file; InvalidInput carries what refuses it."""
    try:
        return definitions.deploy(
            session,
            folders.read(path),
            name=path.stem,
            source=SOURCE,
            actor=actor,
            profile=profile,
            force=force,
        )
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error.message}", findings=error.findings, code=error.code) from error
