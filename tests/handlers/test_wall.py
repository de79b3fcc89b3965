"""The wall: SQL conditions and checks agree on every row, and each role sees what it may (domain.md §4.1)."""

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from handlers import codes, wall
from handlers.office import Person
from handlers.recusals import Recusal
from handlers.registers import Clue, ClueHandler, ClueSubject
from handlers.wall import invariants, matrix
from handlers.wall.grants import Grant
from tests.houses import Houses
from workflows import definitions, persistence
from workflows import tasks as task_operations
from workflows.actor import Actor, StandIn
from workflows.model import Deployment, Instance, ProcessDefinition, Task, TaskCandidate

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
POLICY = wall.Wall()

LOGINS = ["anna", "bert", "carl"]
OFFICES = ["JD1", "JD2", "AGS", "JW", "DH02", "NONE"]
AGENCIES = ["STJ", "YJJ"]
GROUPS = ["handler@JD1", "office_head@JD2", "agency_clerk@STJ"]
ROLES = [
    "agency_clerk",
    "intake_clerk",
    "case_supervision",
    "case_supervision_head",
    "office_head",
    "handler",
    "leader",
    "principal",
    "reviewer",
    "supervisor",
    "auditor",
    "admin",
    "cadre_supervision",
    "resident_group",
    "unit_head",
]
#: A stage of each area, none, and one that nobody knows.
STAGES = [
    None,
    "clue",
    "interview",
    "verification",
    "review",
    "appeal",
    "rectification",
    "register",
    "clearing",
    "lost",
]


class World:
    """Builds rows of the register and the engine's inbox, each with a number in its key."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.numbers = itertools.count(1)
        for owner in LOGINS:
            session.add(Person(login=owner, name=owner.title(), kind="staff"))
            session.add(
                Deployment(id=f"d-{owner}", name="files", deployed_at=NOW, deployed_by=owner, digest="")
            )
            session.flush()
            session.add(
                ProcessDefinition(
                    id=f"p-{owner}",
                    key=f"of-{owner}",
                    version=1,
                    name="Process",
                    deployment_id=f"d-{owner}",
                    resource_name="p.bpmn",
                    bundle="",
                    digest="",
                )
            )
        session.flush()

    def clue(self, **given: Any) -> Clue:
        number = next(self.numbers)
        handlers, recusals = given.pop("handlers", ()), given.pop("recusals", {})
        subjects = given.pop("subjects", ())
        values: dict[str, Any] = {
            "transfer_no": f"YS-2026-{number:05d}",
            "source": "SR09",
            "agency_code": "STJ",
            "legal_basis": "other",
            "domain": "ecology",
            "facts": "某企业排污",
            "contact": "联系人",
            "head_sign": "负责人",
            "submitted_by": "anna",
            "submitted_at": NOW,
            "stage": "submitted",
        }
        clue = Clue(**(values | given))
        self.session.add(clue)
        self.session.flush()
        for login, ended, recused in handlers:
            self.session.add(
                ClueHandler(
                    clue_id=clue.id,
                    login=login,
                    assigned_by="head",
                    assigned_at=NOW,
                    ended_at=NOW if ended else None,
                    recused=recused,
                )
            )
        for name, unit in subjects:
            self.session.add(ClueSubject(clue_id=clue.id, name=name, unit_code=unit))
        for login, state in recusals.items():
            self.recuse(clue, login, state)
        self.session.flush()
        return clue

    def recuse(self, clue: Clue, login: str, state: str = "recused") -> Recusal:
        row = Recusal(
            number=f"HB-2026-{next(self.numbers):05d}",
            scope_id=clue.scope_id,
            login=login,
            state=state,
            ground="other",
            asked_by="clerk",
            asked_at=NOW,
        )
        self.session.add(row)
        self.session.flush()
        return row

    def instance(
        self,
        scope_id: str | None = None,
        *,
        owner: str = "anna",
        starter: str = "bert",
        stage: str | None = None,
    ) -> Instance:
        instance = Instance(
            definition_id=f"p-{owner}",
            definition_key=f"of-{owner}",
            scope_id=scope_id,
            stage=stage,
            started_at=NOW,
            started_by=starter,
        )
        self.session.add(instance)
        self.session.flush()
        return instance

    def task(self, instance: Instance, *candidates: tuple[str, str], **given: Any) -> Task:
        given = {"stage": instance.stage} | given
        task = Task(
            id=f"t-{next(self.numbers)}",
            instance_id=instance.id,
            definition_id=instance.definition_id,
            scope_id=instance.scope_id,
            element_id="a1",
            name="办理",
            created_at=NOW,
            **given,
        )
        self.session.add(task)
        self.session.flush()
        for kind, name in set(candidates):
            self.session.add(TaskCandidate(task_id=task.id, kind=kind, name=name))
        self.session.flush()
        return task


@pytest.fixture
def world(city: Session) -> World:
    return World(city)


def seen(session: Session, model: Any, condition: Any) -> set[str]:
    return set(session.scalars(select(model.id).where(condition)))


def views(session: Session, actor: Actor, clue: Clue) -> set[str]:
    return {view for view in wall.VIEWS if clue.id in seen(session, Clue, wall.clues(actor, view))}


#: Of each role two in three are of a unit, and then in the bare role as well, as memberships have it.
groups = st.lists(
    st.one_of(
        st.sampled_from(ROLES).map(lambda role: (role,)),
        *[
            st.builds(
                lambda role, unit: (role, f"{role}@{unit}"), st.sampled_from(ROLES), st.sampled_from(units)
            )
            for units in (OFFICES, AGENCIES)
        ],
    ),
    min_size=1,
    max_size=3,
).map(lambda held: frozenset(group for each in held for group in each))
stand_ins = st.builds(
    StandIn,
    st.sampled_from(LOGINS),
    groups,
    st.booleans(),
    st.sampled_from([None, "of-anna"]),
    st.sampled_from([(), ("carl",)]),
)
actors = st.builds(
    lambda login, held, absent: Actor(
        login, held | {login}, stands_in=tuple(one for one in absent if one.id != login)
    ),
    st.sampled_from(LOGINS),
    groups,
    st.lists(stand_ins, max_size=2),
)
maybe = st.none() | st.sampled_from(LOGINS)
candidates = st.lists(
    st.one_of(
        st.tuples(st.just("user"), st.sampled_from(LOGINS)),
        st.tuples(st.just("group"), st.sampled_from([*LOGINS, *ROLES, *GROUPS])),
    ),
    max_size=2,
)
clues = st.fixed_dictionaries(
    {
        "office_code": st.none() | st.sampled_from(OFFICES),
        "agency_code": st.sampled_from(AGENCIES),
        "submitted_by": st.sampled_from(LOGINS),
        "subjects": st.lists(
            st.tuples(st.sampled_from(["Anna", "某甲"]), st.sampled_from([None, "AGS", "STJ"])), max_size=2
        ),
        "handlers": st.lists(st.tuples(st.sampled_from(LOGINS), st.booleans(), st.booleans()), max_size=2),
        "recusals": st.dictionaries(
            st.sampled_from(LOGINS), st.sampled_from(["asked", "recused", "refused", "lifted"]), max_size=2
        ),
    }
)
tasks = st.fixed_dictionaries(
    {
        "assignee": maybe,
        "closed_at": st.sampled_from([None, NOW]),
        "closed_by": maybe,
        "proxy": st.sampled_from([None, "none", "handler"]),
        "stage": st.sampled_from(STAGES),
    }
)
instances = st.tuples(
    st.sampled_from(["clue", "clue", "clue", "none", "foreign", "lost", "period"]),
    st.sampled_from(LOGINS),
    st.sampled_from(STAGES),
    st.lists(st.tuples(tasks, candidates), max_size=2),
)


def codes_of(table: str) -> list[str]:
    return [row["code"] for row in codes.rows(f"visibility_{table}")]


AREAS = ["clue", "interview", "case", "review", "rectification", "returns", "process"]
#: Every grant that a matrix could make.
GRANTS = [
    grant
    for cell in itertools.product(
        ROLES, AREAS, [1], [date(2020, 1, 1)], codes_of("rights"), codes_of("scopes")
    )
    if invariants.broken(grant := Grant(*cell)) is None
]
#: The office's matrix, or any other that it could load: some eight grants for each role.
matrices = st.none() | st.integers(0, 10**6).map(lambda seed: Random(seed).sample(GRANTS, 8 * len(ROLES)))


@pytest.fixture(autouse=True)
def own_matrix() -> Iterator[None]:
    yield
    matrix.install(None)


#: Anna has an open step, of the same id but in no clue's scope.
ELSEWHERE = {"assignee": "anna", "closed_at": None, "closed_by": None, "proxy": None, "stage": None}
UNTOUCHED = {
    "office_code": None,
    "agency_code": "STJ",
    "submitted_by": "bert",
    "subjects": [],
    "handlers": [],
}


@given(
    rows=matrices,
    actor=actors,
    drawn=st.lists(clues, min_size=1, max_size=3),
    running=st.lists(instances, min_size=1, max_size=4),
)
@example(
    rows=[one for one in GRANTS if (one.role, one.area, one.scope) == ("handler", "clue", "open_task")],
    actor=Actor("anna", frozenset({"anna", "handler"})),
    drawn=[{**UNTOUCHED, "recusals": {}}],
    running=[("foreign", "bert", None, [(ELSEWHERE, [])])],
)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_conditions_and_checks_agree_on_every_row(
    world: World, rows: list[Grant] | None, actor: Actor, drawn: list[dict[str, Any]], running: list[Any]
) -> None:
    matrix.install(rows)
    session = world.session
    with session.begin_nested() as attempt:
        matters = [world.clue(**values) for values in drawn]
        for number, (kind, owner, stage, work) in enumerate(running):
            clue = matters[number % len(matters)]
            scope = {
                "clue": clue.scope_id,
                "none": None,
                "foreign": f"case:{clue.id}",
                "lost": "clue:gone",
                "period": "period:one",
            }[kind]
            instance = world.instance(scope, owner=owner, starter=LOGINS[number % 3], stage=stage)
            for values, named in work:
                world.task(instance, *named, **values)

        rank = {None: 0, "status": 1, "metadata": 2, "content": 3}
        for view in wall.VIEWS:
            listed = seen(session, Clue, wall.clues(actor, view))
            checked = {c.id for c in matters if rank[wall.view(session, actor, c)] >= rank[view]}
            assert listed == checked, view

        every = session.scalars(select(Instance)).all()
        checked = {row.id for row in every if POLICY.may(session, actor, "see", row).allowed}
        assert seen(session, Instance, POLICY.instances(actor)) == checked

        work = session.scalars(select(Task)).all()
        checked = {row.id for row in work if POLICY.may(session, actor, "see", row).allowed}
        assert seen(session, Task, POLICY.tasks(actor)) == checked
        for_others = {
            row.id
            for row, one in itertools.product(work, list(actor.capacities())[1:])
            if POLICY.may(session, one, "see", row).allowed
        }
        assert seen(session, Task, POLICY.for_others(actor)) == for_others <= checked
        attempt.rollback()
    session.expunge_all()


@given(
    rows=matrices,
    actor=actors,
    act=st.sampled_from(["claim", "release", "complete", "assign", "see", "erase"]),
    stage=st.sampled_from(STAGES),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_act_is_allowed_on_what_is_not_seen_and_a_refusal_names_its_rule(
    world: World, rows: list[Grant] | None, actor: Actor, act: str, stage: str | None
) -> None:
    matrix.install(rows)
    session = world.session
    with session.begin_nested() as attempt:
        clue = world.clue(office_code="JD2")
        for scope in (None, clue.scope_id):
            task = world.task(world.instance(scope, stage=stage), ("group", "handler@JD1"), assignee=None)
            decision = POLICY.may(session, actor, act, task)
            if decision.allowed:
                assert POLICY.may(session, actor, "see", task).allowed
            else:
                assert decision.reason
                assert codes.word("wall_rules", decision.rule, "zh") != decision.rule
        attempt.rollback()
    session.expunge_all()


def test_a_return_is_its_agencys_and_the_case_supervision_offices(world: World) -> None:
    """A colleague may do it, another agency does not know of it, and the office does it where nobody else can."""
    instance = world.instance("period:one", starter="clerk")
    task = world.task(instance, ("group", "agency_clerk@STJ"), assignee="agency")
    urging = world.task(instance, ("group", "case_supervision_head"))
    rights = {"agency": "agency_clerk@STJ", "agency2": "agency_clerk@YJJ", "clerk": "case_supervision@AGS"}
    rights |= {"principal": "principal@JW", "handler": "handler@JD1", "auditor": "auditor"}
    actors = {login: held(login, group) for login, group in rights.items()}

    def who_may(act: str, subject: Any) -> set[str]:
        return {login for login, by in actors.items() if POLICY.may(world.session, by, act, subject).allowed}

    assert who_may("see", task) == {"agency", "clerk", "principal"}
    assert who_may("release", task) == {"agency", "clerk"}
    assert who_may("claim", urging) == set()
    assert who_may("see", urging) == who_may("see", instance) == {"clerk", "principal"}
    task.assignee = None
    world.session.flush()
    assert who_may("complete", task) == {"agency", "clerk"}


def held(login: str, *held_groups: str) -> Actor:
    return Actor(login, frozenset({*held_groups, *(group.partition("@")[0] for group in held_groups)}))


HERE = {"office_code": "JD1", "submitted_by": "agency", "handlers": [("handler", False, False)]}
ALL = {"content", "metadata", "status"}

ROWS: list[tuple[Actor, set[str]]] = [
    (held("clerk", "case_supervision@AGS"), ALL),
    (held("principal", "principal@JW"), ALL),
    (held("leader", "leader@JW"), ALL),
    (held("leader", "leader"), ALL),
    (held("leader2", "leader@JD2"), set()),
    (held("head", "office_head@JD1"), ALL),
    (held("head2", "office_head@JD2"), set()),
    (held("handler", "handler@JD1"), ALL),
    (held("handler2", "handler@JD1"), set()),  # same office, not assigned
    (held("handler"), set()),  # assigned once, no longer a handler
    (held("reviewer", "reviewer@SLS"), set()),
    (held("agency", "agency_clerk@STJ"), {"status"}),
    (held("agency3", "agency_clerk@STJ"), {"status"}),  # a colleague of the same agency
    (held("agency2", "agency_clerk@YJJ"), set()),
    (held("supervisor", "supervisor"), set()),
    (held("auditor", "auditor"), set()),
    (held("admin", "admin"), set()),
    (held("nobody"), set()),
]


@pytest.mark.parametrize(("actor", "expected"), ROWS, ids=lambda value: getattr(value, "id", ""))
def test_who_sees_a_distributed_clue(world: World, actor: Actor, expected: set[str]) -> None:
    assert views(world.session, actor, world.clue(**HERE)) == expected


def test_intake_sees_its_own_clue_until_it_is_distributed_then_its_numbers(world: World) -> None:
    clue = world.clue(submitted_by="intake", agency_code="XFS", source="SR01")
    intake, colleague = held("intake", "intake_clerk@XFS"), held("intake2", "intake_clerk@XFS")
    assert wall.view(world.session, intake, clue) == "content"
    assert wall.view(world.session, colleague, clue) is None
    clue.office_code = "JD1"
    assert wall.view(world.session, intake, clue) == "metadata"


@pytest.mark.parametrize(("ended", "recused"), [(True, False), (False, True)])
def test_a_reassigned_or_recused_handler_is_out(world: World, ended: bool, recused: bool) -> None:
    clue = world.clue(office_code="JD1", handlers=[("handler", ended, recused)])
    assert wall.view(world.session, held("handler", "handler@JD1"), clue) is None


@pytest.mark.parametrize(
    "role", ["case_supervision", "principal", "leader", "office_head@JD1", "agency_clerk@STJ"]
)
def test_who_is_recused_finds_nothing_of_the_matter_whatever_he_is(world: World, role: str) -> None:
    clue = world.clue(office_code="JD1")
    actor = held("anna", role)
    instance = world.instance(clue.scope_id, starter="anna")
    tasks = [
        world.task(instance, ("group", role)),
        world.task(instance, assignee="anna"),
        world.task(instance, closed_at=NOW, closed_by="anna"),
    ]
    row = world.recuse(clue, "anna", "asked")
    assert wall.view(world.session, actor, clue) is not None
    for task in tasks[:2]:
        assert not POLICY.may(world.session, actor, "complete", task).allowed
        assert POLICY.may(world.session, actor, "see", task).allowed
    row.state = "recused"
    world.session.flush()
    assert views(world.session, actor, clue) == set()
    assert wall.view(world.session, actor, clue) is None
    assert seen(world.session, Task, POLICY.tasks(actor)) == set()
    assert seen(world.session, Instance, POLICY.instances(actor)) == set()
    for task in tasks:
        assert not any(
            POLICY.may(world.session, actor, act, task).allowed for act in ("see", "claim", "hold", "sign")
        )
    row.state = "lifted"
    world.session.flush()
    assert wall.view(world.session, actor, clue) is not None


def test_an_agency_completing_its_form_sees_the_task_but_not_the_matter(world: World) -> None:
    clue = world.clue(submitted_by="agency")
    instance = world.instance(clue.scope_id, starter="agency")
    task = world.task(instance, ("group", "agency_clerk@STJ"))
    agency = held("agency", "agency_clerk@STJ")
    assert POLICY.may(world.session, agency, "complete", task).allowed
    assert not POLICY.may(world.session, agency, "see", instance).allowed
    assert wall.view(world.session, agency, clue) == "status"
    other = held("agency2", "agency_clerk@YJJ")
    assert not POLICY.may(world.session, other, "see", task).allowed


def test_an_open_task_shows_staff_the_matter_for_as_long_as_it_is_open(world: World) -> None:
    clue = world.clue(office_code="JD2")
    task = world.task(world.instance(clue.scope_id), ("group", "office_head@JD1"))
    head = held("head", "office_head@JD1")
    assert wall.view(world.session, head, clue) == "content"
    task.closed_at, task.closed_by = NOW, "head"
    world.session.flush()
    assert wall.view(world.session, head, clue) is None
    assert POLICY.may(world.session, head, "see", task).allowed  # stays in "done"


def test_instances_without_a_matter_show_to_candidates_starter_and_deployer(world: World) -> None:
    instance = world.instance(owner="anna", starter="bert")
    world.task(instance, ("user", "carl"))
    see = {
        login: POLICY.may(world.session, held(login), "see", instance).allowed for login in [*LOGINS, "dora"]
    }
    assert see == {"anna": True, "bert": True, "carl": True, "dora": False}
    principal = held("principal", "principal@JW")
    assert not POLICY.may(world.session, principal, "see", instance).allowed


@pytest.fixture
def office_task(world: World) -> Callable[..., Task]:
    def build(**given: Any) -> Task:
        clue = world.clue(office_code="JD1")
        return world.task(world.instance(clue.scope_id), ("group", "handler@JD1"), **given)

    return build


def test_acts_on_a_task(world: World, office_task: Callable[..., Task]) -> None:
    one, two = held("handler", "handler@JD1"), held("handler2", "handler@JD1")
    head, principal = held("head", "office_head@JD1"), held("principal", "principal@JW")

    def may(actor: Actor, act: str, task: Task) -> bool:
        return POLICY.may(world.session, actor, act, task).allowed

    free, taken = office_task(), office_task(assignee="handler")
    assert may(one, "claim", free)
    assert may(one, "complete", free)
    assert may(two, "see", taken)
    assert not may(two, "complete", taken)
    assert not may(two, "release", taken)
    assert may(one, "release", taken)
    assert may(head, "assign", taken)
    assert not may(head, "complete", taken)
    # Sees everything, does nothing that is another's.
    assert may(principal, "see", free)
    assert not may(principal, "claim", free)
    decision = POLICY.may(world.session, principal, "claim", free)
    assert decision.reason == "Only a candidate of the task may claim it."


def test_acts_on_instances(world: World) -> None:
    matter = world.instance(world.clue().scope_id, owner="anna", starter="bert")
    small = world.instance(owner="anna", starter="bert")

    def may(actor: Actor, act: str, instance: Instance) -> bool:
        return POLICY.may(world.session, actor, act, instance).allowed

    clerk, chief = held("clerk", "case_supervision@AGS"), held("head", "case_supervision_head@AGS")
    assert not may(clerk, "cancel", matter)
    assert may(clerk, "message", matter)
    assert may(clerk, "variables", matter)
    assert not may(chief, "set_variables", matter)
    principal, leader = held("principal", "principal@JW"), held("leader", "leader@JW")
    assert not may(leader, "message", matter)
    assert may(chief, "cancel", matter)
    assert may(chief, "migrate", matter)
    assert may(chief, "jump", matter)
    assert not may(clerk, "jump", matter)
    assert may(chief, "reopen", matter)
    assert not may(clerk, "reopen", matter)
    assert not may(clerk, "migrate", matter)
    # What the principal asks for, another confirms as well: where a stage is hidden from the others, he can ask.
    assert may(principal, "migrate", matter)
    assert not may(leader, "migrate", matter)
    assert may(leader, "confirm", matter)
    assert not may(clerk, "confirm", matter)
    assert not may(leader, "confirm", small)
    assert may(held("eve", "supervisor"), "confirm", small)
    assert not may(held("eve", "supervisor"), "confirm", matter)
    assert not may(held("anna"), "see", matter)  # deployed it, and still learns nothing of the matter
    assert may(held("anna"), "cancel", small)
    assert may(held("bert"), "suspend", small)
    assert may(held("bert"), "set_variables", small)
    assert not may(held("carl"), "cancel", small)
    assert may(held("anna"), "migrate", small)
    assert not may(held("carl"), "migrate", small)


DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="x">
 <process id="{key}" isExecutable="true" {starters}><startEvent id="s"/><endEvent id="e"/>
 <sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"""


def test_who_may_start_what(city: Session) -> None:
    anna = Actor("anna")
    for key, starters in [
        ("open", ""),
        ("transfer", 'camunda:candidateStarterGroups="agency_clerk,case_supervision"'),
    ]:
        files = {f"{key}.bpmn": DIAGRAM.format(key=key, starters=starters).encode()}
        definitions.deploy(city, files, name=key, source="test", actor=anna, profile="engine")

    def may(actor: Actor, key: str) -> bool:
        row = definitions.latest(city, key)
        return POLICY.may(city, actor, "start", Instance(definition_id=row.id, definition_key=key)).allowed

    assert may(held("agency", "agency_clerk@STJ"), "transfer")
    assert not may(held("handler", "handler@JD1"), "transfer")
    # Opening a matter is not the supervisor's, not even of his own process.
    assert not may(held("supervisor", "supervisor"), "transfer")
    assert not may(anna, "transfer")
    assert may(held("supervisor", "supervisor"), "open")
    assert may(anna, "open")
    assert not may(held("clerk", "case_supervision@AGS"), "open")


def test_who_becomes_a_candidate_while_he_waits_for_the_lock_is_not_refused(
    postgresql_houses: Houses,
) -> None:
    with postgresql_houses() as database:
        with database.unit_of_work() as session:
            world = World(session)
            task_id, instance_id = (task := world.task(world.instance())).id, task.instance_id
        found: list[str] = []

        def look() -> None:
            with database.unit_of_work() as session:
                found.append(task_operations.release(session, task_id, actor=held("dora")).id)

        looking = threading.Thread(target=look)
        with database.unit_of_work() as session:
            persistence.lock(session, instance_id)
            looking.start()
            waits = text("select count(*) from pg_locks where not granted")
            while not session.scalar(waits) and looking.is_alive():
                pass
            task_operations.offer_to(session, session.get_one(Task, task_id), "dora", kind="user")
        looking.join(60)
        assert found == [task_id]


def test_the_box_of_others_goes_page_by_page_on_either_database(world: World) -> None:
    """What is theirs for whom one stands in: by name, claimed or not, and not what is one's own anyway."""
    absent = StandIn("bert", frozenset({"handler", "handler@JD1"}), everything=True)
    anna = Actor("anna", frozenset({"anna", "leader"}), stands_in=(absent,))
    instance = world.instance(owner="carl", starter="carl")
    theirs = [
        world.task(instance, ("group", "handler@JD1")).id,
        world.task(instance, ("user", "bert")).id,
        world.task(instance, ("group", "leader"), assignee="bert").id,
    ]
    for named, values in (
        ([("group", "handler"), ("group", "leader")], {}),
        ([("user", "bert")], {"proxy": "none"}),
        ([("user", "carl")], {}),
        ([("user", "bert")], {"closed_at": NOW}),
    ):
        world.task(instance, *named, **values)
    found, after = [], None
    while True:
        page = task_operations.listing(world.session, anna, box="others", limit=1, after=after)
        found += [task.id for task in page.rows]
        if (after := page.next) is None:
            break
    assert sorted(found) == sorted(theirs)
    assert task_operations.count(world.session, anna, box="others") == len(theirs)
