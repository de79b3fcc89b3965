"""Role × endpoint × stage: who asks which route about a matter at which step, and what he may be told of it.

The routes are those of the application: one that is new is walked at once. What each person may see stands here
by hand, from domain.md §4.1, so that the wall is held against something else than its own data. The suite takes
some of these ways; `make soak` takes all of them, on both kinds of database.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest
import requests
from sqlalchemy import select
from sqlalchemy.event import listen
from werkzeug.routing import Rule

from handlers import notifications, office, uploads
from handlers.recusals import RECUSED, Recusal
from handlers.registers import Clue, Document
from handlers.steering import Steering
from tests import stages
from tests.city import MAIN_LINE, TRANSFER, City
from tests.conftest import PostgreSQL
from tests.security.conftest import House, serving, settle
from tests.security.test_every_route import APIS, WRITING, place, routes
from tests.stages import Laid, lay_stages, told
from workflows import clock, history, persistence
from workflows.model import Activity, DecisionRun, Incident, Instance, Task, Timer

WHOLE = int(os.environ.get("DUBAN_WALKS", "300")) >= 20_000
#: One of so many ways is taken: to one matter's address, and to a list of all.
ADDRESSES, LISTS = (1, 1) if WHOLE else (31, 5)
BY_AGENCY = ("a3", "a5", "a7", "a7_approve", "a8", "a8_sign", "a9", "a10_a2", "a12", "a13", "told")
#: What one reads of a matter, each with what stands before it: nothing; the form that one sent, with its numbers
#: and a word of state; numbers, stage and dates; everything.
NOTHING, STATUS, METADATA, CONTENT = "nothing", "status", "metadata", "content"
PEOPLE = (
    *("agency", "agency2", "intake", "clerk", "head", "head2", "handler", "handler2", "handler3", "handler4"),
    *("leader", "principal", "reviewer", "supervisor", "auditor", "admin"),
)
#: Who sees every clue: 案管室, its head (who heads JD1 as well), the leader of the line, the principal.
ALWAYS = dict.fromkeys(("clerk", "head", "leader", "principal"), CONTENT)
ASSIGNED = dict.fromkeys(("handler", "handler2"), CONTENT)
#: Who sees the steps of a later stage, which is more than knowing the clue (§4.1, columns "3b" to "Register").
LEADING = frozenset({"leader", "principal"})
OWN_OFFICE = LEADING | {"head", "handler", "handler2"}
#: handler3 stands in for handler2: what is his to do (signing at a8 is in person), where he is not kept out.
STANDING_IN = {"handler3": CONTENT}
PASSED_ON = ("a9", "a12", "a13", "deliver", "c7")
LATER = {
    "interview": OWN_OFFICE,
    "investigation": LEADING,
    "review": frozenset({"principal", "reviewer"}),
    "appeal": frozenset({"principal", "reviewer"}),
    "rectification": OWN_OFFICE | {"clerk"},
    "register": OWN_OFFICE | {"clerk"},
    "clearing": OWN_OFFICE | {"clerk"},
}
#: The office's own diagrams of the case line (`tests/stages/told.py`): who works in the stage, and who reads what is
#: written there. Case supervision sees that there is a case, and nothing of it (§4.1, columns "3b", "3c" and "审理").
REVIEWING = frozenset({"principal", "reviewer"})
TOLD = {
    "inquiry": (OWN_OFFICE, OWN_OFFICE),
    "case": (OWN_OFFICE, OWN_OFFICE),
    # Who approved in the review reads it.
    "decision": (REVIEWING | {"leader"}, REVIEWING | {"leader"}),
    "exoneration": (OWN_OFFICE | {"clerk", "intake"}, OWN_OFFICE | {"clerk", "intake"}),
}
COUNTED = (
    *("task", "history/task", "history/activity-instance", "history/decision-instance"),
    *("history/process-instance", "incident", "job"),
)
ALWAYS_THERE = {"history/task", "history/activity-instance", "history/process-instance"}
OF_STEPS = {"task_id", "instance_id", "passage_id", "decision_run_id", "incident_id", "job_id"}
#: The log names numbers of matters, and nothing behind them (§4.1, column "Access log").
LOG = {("auditor", "pages.audit"), ("auditor", "pages.audit_rows")}
#: What is of a run, not of its steps; its faults are for who sees all of it.
OF_RUN = {"history/process-instance", "history/activity-instance", "history/decision-instance"}
GATEWAYS = {"exclusiveGateway", "serviceTask", "messageStartEvent"}
#: Who reviews a text for what tells of the reporter sees the step.
LENT = ("intake", "exoneration")
#: What is no answer about a matter: the way to sign in, a form's faults.
UNTOLD = {400, 401, 403, 404, 409, 413, 415, 422, 429}


@dataclass(frozen=True)
class Matter:
    """One matter: its ids by argument of routes, and what is written in it."""

    ids: Mapping[str, Any]
    numbers: tuple[str, ...]  #: by which one knows that it exists
    sent: tuple[str, ...]  #: what its sender wrote
    office: tuple[str, ...]  #: what the office wrote
    seen: Mapping[str, str]  #: login → what he reads of it; nothing, for who is not named
    working: frozenset[str] | None = None  #: who sees its steps; None: who reads of it
    written: tuple[str, ...] = ()  #: what was written in a later stage
    readers: frozenset[str] = frozenset()  #: who may read that
    around: frozenset[str] = frozenset()  #: who sees the run that the step is of, though not the step

    def knows(self, login: str, rule: Rule) -> bool:
        """Return whether the person may get an answer from a route about it."""
        if login in self.around and rule.arguments & OF_STEPS == {"instance_id"}:
            return True
        if self.working is not None and rule.arguments & OF_STEPS:
            return login in self.working
        return login in self.seen

    def hidden(self, login: str) -> tuple[str, ...]:
        """Return what the person must not be told in whatever way."""
        written = () if login in self.readers else self.written
        # Of a later stage, `office` are its steps: who works at one is told of it.
        office = () if self.working is not None and login in self.working else self.office
        if login in self.around:
            office = (self.ids["task_id"],)
        of_clue = {
            NOTHING: (*self.numbers, *self.sent, *office),
            STATUS: office,
            METADATA: (*self.sent, *office),
            CONTENT: (),
        }[self.seen.get(login, NOTHING)]
        return (*of_clue, *written)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if WHOLE else ["sqlite"])
def walked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Give a served house of its own: what else is there would hide what leaks."""
    folder = tmp_path_factory.mktemp("walk")
    if request.param == "sqlite":
        with serving(settle(folder)) as house:
            yield house
        return
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    name = postgresql.create()
    with serving(settle(folder, postgresql.url(name))) as house:
        yield house
    postgresql.drop(name)


@pytest.fixture(scope="module")
def matters(walked: House) -> dict[str, Matter]:
    """Return a matter at each step, of each kind."""
    with walked.city.database.unit_of_work() as session:
        day, by = office.today(), "handler2"
        office.stand_in(session, by, "handler3", since=day, until=day + timedelta(days=9), by=by)
        # Of another agency: whoever names him, what his own has not sent is not his.
        office.stand_in(session, "agency", "agency2", since=day, until=day + timedelta(days=9), by="agency")
    laid = {step: _sent(walked.city, step) for step in BY_AGENCY}
    laid |= {f"reported {step}": _reported(walked.city, step) for step in ("a3", "a9")}
    laid["recused"] = _recused(walked.city)
    laid |= {stage: _told(walked.city, stage) for stage in TOLD}
    return laid | {
        stage: _later(walked.city, stage, one) for stage, one in lay_stages(walked.city.database).items()
    }


def _later(city: City, stage: str, laid: Laid) -> Matter:
    facts = f"后续环节所涉事实{stage}"
    with city.database.unit_of_work() as session:
        session.get_one(Clue, laid.clue_id).facts = facts
        begun = session.get_one(Instance, laid.instance_id)
    ids = _ids(city, begun, laid.clue_id)
    working, seen = LATER[stage], {**ALWAYS, "agency": STATUS}
    if stages.STAGES[stage][0] == "JD1":
        seen |= ASSIGNED
    if stages.STAGES[stage][1] == "handler@JD1":
        # Who stands in does the step, which names the matter; the file is for those to whom it was assigned.
        seen, working = seen | {"handler3": METADATA}, working | {"handler3"}
    if "reviewer" in working:
        seen["reviewer"] = CONTENT
    numbers, steps = (*ids.pop("numbers"), ids["clue_id"]), (laid.instance_id, laid.task_id)
    return Matter(ids, numbers, (facts,), steps, seen, working)


def _told(city: City, stage: str) -> Matter:
    matter = told.tell(city.database, stage)
    with city.database.reading() as session:
        ids = _ids(city, session.get_one(Instance, matter.instance_id), matter.clue_id)
    (working, readers), seen = TOLD[stage], {**ALWAYS, **ASSIGNED, "agency": STATUS}
    if stage == "decision":
        seen["reviewer"] = CONTENT
    if matter.step in PASSED_ON:
        # The step names the person.
        seen, working = seen | STANDING_IN, working | STANDING_IN.keys()
    written = tuple(text for texts in matter.words.values() for text in texts)
    numbers, steps = (*ids.pop("numbers"), ids["clue_id"]), (matter.instance_id, matter.task_id)
    # The run of a case carries its review: who investigates sees the run, and not what is the review's.
    around = OWN_OFFICE - working if stage == "decision" else frozenset()
    return Matter(ids, numbers, (matter.name,), steps, seen, working, written, readers, around)


def _sent(city: City, step: str, **seen: str) -> Matter:
    assigned = ASSIGNED if BY_AGENCY.index(step) >= BY_AGENCY.index("a8_sign") else {}
    assigned = assigned | (STANDING_IN if step in PASSED_ON and "handler2" not in seen else {})
    return _lay(city, step, "agency", {**ALWAYS, "agency": STATUS, **assigned, **seen})


def _reported(city: City, step: str) -> Matter:
    own = CONTENT if step == "a3" else METADATA
    assigned = {} if step == "a3" else ASSIGNED | STANDING_IN
    letter = {"source": "SR01", "named": "no", "report_no": f"信〔2026〕{BY_AGENCY.index(step)}号"}
    return _lay(city, step, "intake", {**ALWAYS, **assigned, "intake": own}, **letter)


def _recused(city: City) -> Matter:
    found = _sent(city, "a9", handler2=NOTHING)
    with city.database.unit_of_work() as session:
        clue = session.get_one(Clue, found.ids["clue_id"])
        session.add(
            Recusal(
                number="HB-2026-0001",
                scope_id=clue.scope_id,
                login="handler2",
                state=RECUSED,
                ground="interest",
                reason="有利害关系。",
                asked_by="clerk",
                asked_at=clock.now(),
                instance_id=clue.instance_id,
            )
        )
    return found


def _lay(city: City, step: str, by: str, seen: Mapping[str, str], **transfer: Any) -> Matter:
    mark = f"{by}{step.replace('_', '')}{len(transfer)}{len(seen)}"
    name, facts, paper, summary = (
        f"{word}{mark}" for word in ("冯甲某", "巡河记录不实", "巡查底稿", "验收未到现场")
    )
    with city.database.unit_of_work() as session:
        kept = uploads.keep(session, login=by, filename=f"{paper}.txt", content=mark.encode()).id
    subjects = [{**TRANSFER["subjects"][0], "name": name}]
    begun = city.start(
        "clue_transfer",
        by=by,
        answers={**TRANSFER, "subjects": subjects, "facts": facts, "materials": [kept], **transfer},
    )
    _advance(city, begun, step, {"a5": {"summary": summary}, "a9": {"reasons": summary}})
    ids = _ids(city, begun)
    return Matter(
        ids, (*ids.pop("numbers"), begun.id, ids["clue_id"]), (name, facts, paper), (summary,), seen
    )


def _advance(city: City, begun: Instance, to: str, own: Mapping[str, Mapping[str, Any]]) -> None:
    for login, element in MAIN_LINE:
        if element == to:
            return
        task = city.task(begun, element, login)
        city.complete(task, login, **{**city.answers(task), **own.get(element, {})})


def _ids(city: City, begun: Instance, clue_id: str | None = None) -> dict[str, Any]:
    """Return what the routes are asked with; a notice and a fault are laid into the matter."""
    with city.database.unit_of_work() as session:
        of_it = Clue.id == clue_id if clue_id else Clue.instance_id == begun.id
        clue = session.scalars(select(Clue).where(of_it)).one()
        notifications.notify(
            session, ["clerk"], code="clue.ordered", params={"number": "1"}, scope_id=clue.scope_id
        )
        job_id = session.scalars(select(Timer.id).where(Timer.instance_id == begun.id).limit(1)).first()
        failed = ValueError("x")
        history.fault(session, kind="failedTimer", error=failed, instance_id=begun.id, timer_id=job_id)
        passage = session.scalars(select(Activity).where(Activity.instance_id == begun.id).limit(1)).one()
        taken = DecisionRun(instance_id=begun.id, scope_id=clue.scope_id, key="k", name="k", at=clock.now())
        taken.element_id, taken.engine_id = passage.element_id, passage.engine_id
        taken.inputs, taken.rules, taken.outputs = [], [], []
        session.add(taken)
        asked = Steering(instance_id=begun.id, scope_id=clue.scope_id, kind="cancel", reason="x")
        asked.asked_by, asked.asked_at = "nobody", clock.now()
        session.add(asked)
        session.flush()
        told = select(notifications.Notification.id).where(
            notifications.Notification.scope_id == clue.scope_id
        )
        paper = select(Document.id).where(Document.clue_id == clue.id, Document.number.is_(None))
        task = select(Task.id).where(Task.instance_id == begun.id)
        task = task.order_by(Task.closed_at.isnot(None), Task.element_id, Task.id)
        numbers = [clue.transfer_no, clue.clue_no, clue.receipt_no]
        return {
            "clue_id": clue.id,
            "transfer_id": clue.id,
            "number": clue.clue_no or clue.transfer_no,
            "instance_id": begun.id,
            "task_id": session.scalars(task.limit(1)).one(),
            "document_id": session.scalars(paper.limit(1)).first() or "none",
            "passage_id": passage.id,
            "incident_id": session.scalars(select(Incident.id).where(Incident.instance_id == begun.id)).one(),
            "job_id": job_id or "none",
            "decision_run_id": taken.id,
            "variable_id": f"{begun.id}:{min(persistence.variables(session, begun), default='none')}",
            "notification_id": str(session.scalars(told.limit(1)).one()),
            "name": "handlers",
            "happening": "leak",
            # Of returns, lists and filings, which are no stages of a clue, test_every_route tells.
            "filing_no": "none",
            "batch_id": "none",
            "steering_id": asked.id,
            "file_id": "none",
            "list_id": "none",
            "return_id": "none",
            "period_id": "none",
            "numbers": [number for number in numbers if number],
        }


def _taken(one_of: int, *way: str) -> bool:
    """Whether this way is in the sample, the same ones every time."""
    return crc32("·".join(way).encode()) % one_of == 0


def _ask(house: House, login: str, method: str, path: str) -> requests.Response:
    if path.startswith(APIS):
        body = {} if method == "GET" else {"json": {}}
        return house.program(login).session.request(method, house.base + path, timeout=60, **body)
    visitor = house.visitor(login)
    return visitor.get(path) if method == "GET" else visitor.post(path)


@pytest.mark.parametrize("login", PEOPLE)
def test_what_each_route_tells_each_person_of_a_matter(
    walked: House, matters: Mapping[str, Matter], login: str
) -> None:
    for method, rule in routes(walked, "GET"):
        for step, matter in matters.items() if rule.arguments else [("", None)]:
            if not _taken(ADDRESSES if matter else LISTS, login, rule.endpoint, step):
                continue
            path = place(rule, dict(matter.ids)) if matter else rule.rule
            answer = _ask(walked, login, method, path)
            assert answer.status_code < 500, path
            # Lists tell of all matters, an address of its own.
            for one in [matter] if matter else matters.values():
                leaked = [word for word in one.hidden(login) if word in answer.text and word not in path]
                if (login, rule.endpoint) in LOG:
                    leaked = [word for word in leaked if word not in one.numbers]
                assert leaked == [], (login, step, path, one.ids["number"])
            if matter and not matter.knows(login, rule):
                assert answer.status_code in {403, 404}, (login, step, path)


@pytest.mark.parametrize("login", PEOPLE)
def test_counts_count_what_is_seen(walked: House, matters: Mapping[str, Matter], login: str) -> None:
    program = walked.program(login)
    for step, matter in matters.items():
        if not _taken(2 if LISTS > 1 else 1, login, step):
            continue
        of = {"processInstanceId": matter.ids["instance_id"]}
        view = matter.seen.get(login, NOTHING)
        # Of a later stage's steps whoever works on them reads, of a clue's own whoever reads the clue.
        full = view == CONTENT if matter.working is None else login in matter.working
        # To who does a step in another's place the step alone is shown.
        step_alone = matter.working is not None and (login == "handler3" or (login, step) == LENT)
        there = {"history/task"} if step_alone else ALWAYS_THERE
        for what in COUNTED:
            count = program.count(f"/{what}", **of)
            if login in matter.around and what in OF_RUN:
                continue
            assert count > 0 or not (full and what in there), (login, step, what)
            assert count == 0 or full or (matter.working is None and view != NOTHING), (login, step, what)
        if login in matter.around:
            passed = program.get("/history/activity-instance", **of)
            assert {row["activityType"] for row in passed} <= {"callActivity", *GATEWAYS}
        listed = walked.visitor(login).get(f"/clues?text={matter.ids['number']}")
        if listed.status_code == 200:
            shown = re.sub(r'value="[^"]*"', "", listed.text).count(f"/clues/{matter.ids['clue_id']}")
            assert bool(shown) == (view in (METADATA, CONTENT) and not step_alone), (
                login,
                matter.ids["number"],
            )


@pytest.mark.parametrize("login", [login for login in PEOPLE if login not in ALWAYS])
def test_who_sees_nothing_changes_nothing(walked: House, matters: Mapping[str, Matter], login: str) -> None:
    for method, rule in routes(walked, *WRITING):
        for step, matter in matters.items() if rule.arguments else []:
            if matter.knows(login, rule) or not _taken(ADDRESSES, login, method, rule.endpoint, step):
                continue
            path = place(rule, dict(matter.ids))
            before = _state(walked, matter)
            answer = _ask(walked, login, method, path)
            assert answer.status_code in UNTOLD, (login, step, method, path, answer.status_code)
            assert [word for word in matter.hidden(login) if word in answer.text and word not in path] == []
            assert _state(walked, matter) == before, (login, path)


def _state(house: House, matter: Matter) -> tuple[Any, ...]:
    with house.city.database.reading() as session:
        instance = session.get_one(Instance, matter.ids["instance_id"])
        task = session.get_one(Task, matter.ids["task_id"])
        clue = session.get_one(Clue, matter.ids["clue_id"])
        return instance.revision, instance.state, task.assignee, task.revision, task.closed_at, clue.stage


def test_small_numbers_are_merged(walked: House, matters: Mapping[str, Matter]) -> None:
    """One unsealing that runs, one recusal, tell of somebody; how many clues are on their way does not."""
    supervisor = walked.visitor("supervisor")
    walked.city.start()
    page = supervisor.get("/processes").text
    running = sum(matter.working is None for matter in matters.values())
    assert re.search(rf">\s*{running}\s*<", page)
    assert re.search(r">\s*1–4\s*<", page)


@pytest.mark.parametrize("path", ["clues/{}", "clues/{}/documents"])
def test_a_hidden_number_costs_no_more_than_one_that_is_not_there(
    walked: House, matters: Mapping[str, Matter], path: str
) -> None:
    """Numbers can be guessed: how long the answer takes must not tell which there are. Counted in statements."""
    number, asked = matters["a9"].ids["number"], []
    program = walked.program("handler4").session
    engine = walked.city.database.engine
    listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    costs = []
    for tried in (number, f"{number[:-3]}987") * 2:
        asked.clear()
        assert program.get(f"{walked.base}/api/v1/{path.format(tried)}", timeout=60).status_code == 404
        costs.append(len(asked))
    assert costs[2] == costs[3] > 0
