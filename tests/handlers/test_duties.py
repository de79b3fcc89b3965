"""Duties that exclude each other, held by the engine at every door: hostile diagrams, real tasks, random histories."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import links, office, wall
from handlers.recusals import Recusal
from handlers.registers import Clue, ClueHandler, MatterEvent, Meeting
from tests.clues import bare
from tests.workflows.conftest import make_diagram
from workflows import definitions, persistence, tasks
from workflows.errors import DubanError, InvalidInput, NotAllowed
from workflows.model import Task
from workflows.parts import Part

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
STAFF = ("handler", "head", "leader", "principal")
NUMBERS = itertools.count(1)


def step(name: str, act: str = "", duty: str = "", stage: str = "", *, groups: str, inner: str = "") -> str:
    said = {"act": act, "duty": duty, "stage": stage}
    properties = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in said.items() if v)
    return (
        f'<bpmn:userTask id="{name}" camunda:candidateGroups="{groups}"><bpmn:extensionElements>'
        f"<camunda:properties>{properties}</camunda:properties></bpmn:extensionElements>{inner}</bpmn:userTask>"
    )


TWICE = (
    "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>2</bpmn:loopCardinality>"
    "</bpmn:multiInstanceLoopCharacteristics>"
)
EVERYBODY = "handler,office_head,leader,principal,reviewer"
#: What the gate of the office would refuse, and the gate of the engine lets through: nothing comes before anything.
STEPS = {
    "plain": ("", "", ""),
    "propose": ("disposal", "propose", ""),
    "approve": ("disposal", "approve", ""),
    "one": ("talk", "sign", ""),
    "other": ("talk", "sign", ""),
    "verify": ("", "", "verification"),
    "review": ("", "", "review"),
    "appeal": ("", "", "appeal"),
}
HOSTILE = make_diagram(
    "hostile",
    '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="f"/><bpmn:endEvent id="e"/>'
    + "".join(step(name, *said, groups=EVERYBODY) for name, said in STEPS.items())
    + step("panel", "panel", "sign", groups=EVERYBODY, inner=TWICE),
    "s>f",
    *(f"f>{name}" for name in (*STEPS, "panel")),
    *(f"{name}>e" for name in (*STEPS, "panel")),
)


@pytest.fixture
def matter(city: Session) -> Callable[..., Clue]:
    """Give the maker of matters, each with the hostile process running."""
    definitions.deploy(
        city,
        {"hostile.bpmn": HOSTILE.encode()},
        name="hostile",
        actor=office.actor_for(city, "supervisor"),
        profile="engine",
    )

    def make(**given: str) -> Clue:
        clue = bare(
            f"YS-2026-{next(NUMBERS):05d}", submitted_at=NOW, stage="studying", office_code="JD1", **given
        )
        city.add(clue)
        city.flush()
        found = definitions.latest(city, "hostile")
        persistence.begin(city, found, actor=None, scope_id=clue.scope_id)
        return clue

    return make


def of(session: Session, clue: Clue, element: str, number: int = 0) -> str:
    wanted = select(Task.id).where(Task.scope_id == clue.scope_id, Task.element_id == element)
    return session.scalars(wanted.order_by(Task.id)).all()[number]


def do(session: Session, login: str, task_id: str) -> None:
    tasks.complete(session, task_id, actor=office.actor_for(session, login))


def refused(session: Session, login: str, task_id: str) -> str:
    """Return the rule by which every door refuses it: claim, complete, be given; and it is no task of his."""
    actor = office.actor_for(session, login)
    codes = set()
    for act in (tasks.claim, tasks.complete):
        with pytest.raises(NotAllowed) as error:
            act(session, task_id, actor=actor)
        codes.add(error.value.params["rule"])
    decision = wall.Wall().may(session, actor, "hold", session.get_one(Task, task_id))
    assert not decision.allowed
    assert login in decision.reason
    assert task_id not in {task.id for task in tasks.listing(session, actor, box="groups").rows}
    [code] = codes
    return code


def test_who_proposed_or_is_of_the_team_approves_nowhere(city: Session, matter) -> None:
    clue, other = matter(), matter()
    do(city, "head", of(city, clue, "propose"))
    assert refused(city, "head", of(city, clue, "approve")) == "proposer"
    # An act of the whole matter: in whichever process it was proposed.
    second = persistence.begin(city, definitions.latest(city, "hostile"), actor=None, scope_id=clue.scope_id)
    again = select(Task.id).where(Task.instance_id == second.id, Task.element_id == "approve")
    assert refused(city, "head", city.scalars(again).one()) == "proposer"
    city.add(ClueHandler(clue_id=clue.id, login="handler", assigned_by="head", assigned_at=NOW))
    city.flush()
    assert refused(city, "handler", of(city, clue, "approve")) == "proposing_team"
    do(city, "leader", of(city, clue, "approve"))
    do(city, "head", of(city, other, "approve"))


def test_two_signatures_are_of_two_persons(city: Session, matter) -> None:
    clue = matter()
    do(city, "head", of(city, clue, "one"))
    assert refused(city, "head", of(city, clue, "other")) == "other_signature"
    do(city, "leader", of(city, clue, "other"))
    panel = [of(city, clue, "panel", number) for number in (0, 1)]
    do(city, "head", panel[0])
    assert refused(city, "head", panel[1]) == "other_signature"
    do(city, "leader", panel[1])


def test_who_investigates_never_reviews_nor_the_other_way_also_in_linked_matters(
    city: Session, matter
) -> None:
    clue, joined, split, alone = matter(), matter(), matter(), matter()
    # Claimed and given back is had.
    actor = office.actor_for(city, "leader")
    tasks.claim(city, of(city, clue, "verify"), actor=actor)
    tasks.release(city, of(city, clue, "verify"), actor=actor)
    assert refused(city, "leader", of(city, clue, "review")) == "separated"
    links.link(city, split.scope_id, joined.scope_id)
    tasks.claim(city, of(city, joined, "review"), actor=actor)
    links.link(city, joined.scope_id, clue.scope_id)
    assert links.linked(city, clue.scope_id) == {one.scope_id for one in (clue, joined, split)}
    for element in ("verify", "review", "appeal"):
        assert refused(city, "leader", of(city, split, element)) == "separated"
    do(city, "leader", of(city, alone, "review"))
    # The named team, once the clue is verified.
    team = matter(way="DW2")
    city.add(ClueHandler(clue_id=team.id, login="principal", assigned_by="head", assigned_at=NOW))
    city.flush()
    assert refused(city, "principal", of(city, team, "review")) == "separated"


def test_a_meeting_is_kept_only_of_those_who_may_sit(city: Session, matter) -> None:
    """Whatever the form asks: this diagram has none, and the engine's gate lets it through."""
    deciding = step("decide", "sanction", "approve", "review", groups="principal").replace(
        "<camunda:properties>",
        '<camunda:properties><camunda:property name="record" value="meetings.record"/>',
    )
    elements = f'<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>{deciding}'
    files = {"meet.bpmn": make_diagram("meet", elements, "s>decide", "decide>e").encode()}
    supervisor = office.actor_for(city, "supervisor")
    definitions.deploy(city, files, name="meet", actor=supervisor, profile="engine")
    clue = matter()
    persistence.begin(city, definitions.latest(city, "meet"), actor=None, scope_id=clue.scope_id)
    tasks.claim(city, of(city, clue, "verify"), actor=office.actor_for(city, "leader"))
    kept_out = {
        "number": "HB-1",
        "scope_id": clue.scope_id,
        "login": "clerk",
        "asked_by": "clerk",
        "asked_at": NOW,
    }
    city.add(Recusal(**kept_out, state="asked", ground="other"))
    city.flush()
    minutes = {"body": "常委会", "held_on": "2026-03-02", "opinions": "同意\n同意", "resolution": "给予处分"}
    principal, task_id = office.actor_for(city, "principal"), of(city, clue, "decide")
    for present, recused, code, named in (
        (["principal", "reviewer", "head", "head"], [], "sits_twice", ["head"]),
        (["principal", "reviewer"], [], "too_few", None),
        (["principal", "reviewer", "leader"], [], "may_not_sit", ["leader"]),
        (["principal", "reviewer", "clerk", "nobody"], [], "may_not_sit", ["clerk", "nobody"]),
        (["principal", "reviewer", "head"], ["head"], "recused_present", None),
    ):
        answers = {**minutes, "present": present, "recused": recused}
        with pytest.raises(InvalidInput) as error, city.begin_nested():
            tasks.complete(city, task_id, actor=principal, answers=answers)
        [found] = error.value.fields.values()
        assert (found.code, found.params.get("logins")) == (code, named)
    answers = {**minutes, "present": ["principal", "reviewer", "head"], "recused": ["leader"]}
    tasks.complete(city, task_id, actor=principal, answers=answers)
    row = city.scalars(select(Meeting)).one()
    assert (row.act, row.step, row.opinions, row.number[:3]) == (
        "sanction",
        "decide",
        ["同意", "同意"],
        "HY-",
    )
    line = city.scalars(select(MatterEvent).where(MatterEvent.code == "meeting.recorded")).one()
    assert line.params == {"number": row.number, "act": "sanction"}


moves = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["claim", "complete", "assign"]),
            st.sampled_from(STAFF),
            st.integers(0, 2),
            st.sampled_from([*STEPS, "panel"]),
            st.integers(0, 1),
        ),
        st.tuples(st.just("link"), st.just(""), st.integers(0, 2), st.just(""), st.integers(0, 2)),
    ),
    min_size=12,
    max_size=24,
)


@given(walk=moves)
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_nobody_ever_finishes_both_sides(city: Session, matter, walk) -> None:
    """Whatever is tried in whatever order, by whom the hostile diagram offers everything to."""
    with city.begin_nested() as attempt:
        matters = [matter() for _ in range(3)]
        city.add(ClueHandler(clue_id=matters[0].id, login="head", assigned_by="head", assigned_at=NOW))
        for what, login, which, element, number in walk:
            clue = matters[which]
            if what == "link":
                links.link(city, clue.scope_id, matters[number].scope_id)
                continue
            task_id = of(city, clue, element, number if element == "panel" else 0)
            actor = office.actor_for(city, login)
            try:
                with city.begin_nested():
                    if what == "assign":
                        tasks.assign(city, task_id, login, actor=office.actor_for(city, "principal"))
                    else:
                        (tasks.claim if what == "claim" else tasks.complete)(city, task_id, actor=actor)
            except DubanError:
                continue
        kept_apart(city, matters)
        attempt.rollback()


def kept_apart(session: Session, matters: list[Clue]) -> None:
    finished = session.scalars(select(Part).where(Part.finished_at.is_not(None))).all()
    for one, other in itertools.permutations(finished, 2):
        if one.login != other.login:
            continue
        same = one.scope_id == other.scope_id
        assert not (
            same and (one.element_id, other.element_id) in {("propose", "approve"), ("one", "other")}
        ) or (
            # Who approved may propose afterwards: the next approval is another's.
            one.element_id == "propose" and one.finished_at >= other.finished_at
        )
        assert not (same and one.element_id == other.element_id == "panel")
        apart = {one.stage, other.stage} in (
            {"verification", "review"},
            {"verification", "appeal"},
            {"review", "appeal"},
        )
        assert not (apart and same)
    for clue in matters:
        for login in STAFF[2:]:
            actor = office.actor_for(session, login)
            inbox = {
                task.id for task in tasks.listing(session, actor, box="groups", scope_id=clue.scope_id).rows
            }
            free = session.scalars(
                select(Task).where(
                    Task.scope_id == clue.scope_id, Task.closed_at.is_(None), Task.assignee.is_(None)
                )
            )
            may = {task.id for task in free if wall.Wall().may(session, actor, "claim", task).allowed}
            assert inbox == may


def test_what_a_call_says_holds_for_the_steps_of_the_shared_part(city: Session, matter) -> None:
    """The act is the call's, and so is the round: who signed in the caller gives no second signature in the part."""
    said = '<camunda:property name="act" value="{}"/><camunda:property name="duty" value="{}"/>'
    call = (
        '<bpmn:callActivity id="{0}" calledElement="{1}"><bpmn:extensionElements><camunda:properties>'
        + said.replace("{}", "{2}", 1).replace("{}", "{3}")
        + "</camunda:properties></bpmn:extensionElements></bpmn:callActivity>"
    )
    parts = {
        "approval": step("level", "", "approve", groups=EVERYBODY),
        "second_signature": step("second", "", "sign", groups=EVERYBODY),
    }
    for key, inner in parts.items():
        drawn = make_diagram(
            key, f'<bpmn:startEvent id="s"/>{inner}<bpmn:endEvent id="e"/>', "s>{0}", "{0}>e"
        )
        name = "level" if key == "approval" else "second"
        _deploy(city, key, drawn.replace("{0}", name))
    body = (
        '<bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>'
        + step("p", "disposal", "propose", groups=EVERYBODY)
        + call.format("c", "approval", "disposal", "approve")
        + step("t", "talk", "sign", groups=EVERYBODY)
        + call.format("d", "second_signature", "talk", "sign")
    )
    _deploy(city, "calling", make_diagram("calling", body, "s>p", "p>c", "c>t", "t>d", "d>e"))
    clue = matter()
    persistence.begin(city, definitions.latest(city, "calling"), actor=None, scope_id=clue.scope_id)
    for mine, theirs, act in (("p", "level", "disposal"), ("t", "second", "talk")):
        tasks.complete(city, of(city, clue, mine), actor=office.actor_for(city, "head"), answers={})
        found = city.get_one(Task, of(city, clue, theirs))
        assert (found.act, found.round) == (
            act,
            city.get_one(Task, of(city, clue, mine)).round or found.round,
        )
        with pytest.raises(NotAllowed):
            tasks.claim(city, found.id, actor=office.actor_for(city, "head"))
        tasks.complete(city, found.id, actor=office.actor_for(city, "leader"), answers={})


def _deploy(session: Session, key: str, drawn: str) -> None:
    supervisor = office.actor_for(session, "supervisor")
    definitions.deploy(session, {f"{key}.bpmn": drawn.encode()}, name=key, actor=supervisor, profile="engine")
