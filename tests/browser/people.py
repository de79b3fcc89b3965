"""The people of a long story at their browsers: each signs in, finds his task in the inbox, fills its form in, sends it.

A form that the story has not met yet is filled in by hand, key by key; where it comes again (the many approvals,
second signatures) the same page is read and sent as a browser without a window would. What people type is what
the stories of `bpmn/*/scenarios` hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import func, select

from handlers import office
from handlers.registers import Clue, ClueSubject
from server import folders, worker
from tests.browser.conftest import foreign_words, overflows, served, sign_in, watch
from tests.city import City
from tests.handlers.test_cleaning import pdf
from tests.scenarios import words
from tests.scenarios.story import BEGIN, Step, usually
from workflows import clock, clocks, tasks, timers
from workflows.forms import Form
from workflows.model import Incident, Job, Task

#: The scripts that draw the diagram: whoever looks at it has a test of his own.
VIEWER = re.compile(r"/viewer[^/]*\.js$")
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


#: A step in the history of a matter, and a Chinese character.
STEP = re.compile(r"“([^”]*)”")
HAN = re.compile(r"[\u4e00-\u9fff]")

STORIES = Path(__file__).with_name("stories")
#: Whether everything is done at windows, as `make soak` asks for.
WHOLE = int(os.environ.get("DUBAN_WALKS", "300")) >= 20_000


@dataclass(frozen=True)
class Story:
    """A long story as written: its steps, and how each form is filled in where it says nothing else."""

    steps: tuple[Step, ...]
    usual: Mapping[str, Mapping[str, Any]]
    lang: str = "zh"  #: in which the people read their pages


def read(path: Path) -> Story:
    """Return the story of a file."""
    told = yaml.safe_load(path.read_text("utf-8"))
    return Story(tuple(told["steps"]), usually(folders.BPMN), told.get("lang", "zh"))


def play(house: City, browser: Browser, name: str) -> None:
    """Play the story of this name in a house of its own."""
    with served(house.app) as base_url:
        people = People(house, browser, base_url, read(STORIES / f"{name}.yaml"), by_hand=WHOLE)
        try:
            people.play()
        finally:
            people.leave()


@dataclass
class People:
    """A story being played: who sits at which browser, and what the clock says."""

    city: City
    browser: Browser
    base_url: str
    story: Story
    by_hand: bool = True  #: whether forms are filled in at a window, or sent as the page would
    faults: list[str] = field(default_factory=list)
    now: datetime = field(init=False)
    number: str = ""  #: of the transfer
    place: str = ""  #: the step that is being done, for messages
    seats: dict[str, Page] = field(default_factory=dict)
    windowless: dict[str, BrowserContext] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)  #: forms that were filled in by hand

    def __post_init__(self) -> None:
        self.now = datetime.fromisoformat(BEGIN).replace(tzinfo=clock.office_zone())

    def play(self) -> None:
        """Play the whole story."""
        for step in self.story.steps:
            self.place = str(dict(step))[:200]
            with clock.held_at(self.now):
                self._act(step)
                while worker.run_due(self.city.database):
                    pass
                with self.city.database.reading() as session:
                    assert session.scalars(select(Incident.message)).all() == [], self.place
            assert self.faults == [], self.place

    def leave(self) -> None:
        """Close the browsers."""
        for context in (*(page.context for page in self.seats.values()), *self.windowless.values()):
            context.close()

    def _act(self, step: Step) -> None:
        if "transfer" in step:
            self._transfer(step)
        elif "task" in step:
            self._do(step)
        elif "happens" in step:
            self._happens(step)
        elif "advance" in step:
            self._advance(step["advance"])
        else:
            self._look(step["look"])

    # --- who sits where

    def _seat(self, login: str) -> Page:
        """Return the browser of somebody, signed in by the page; an evening later he has to do so again."""
        if login not in self.seats:
            locale = {"base_url": self.base_url, "viewport": {"width": 1440, "height": 900}}
            context = self.browser.new_context(**locale)  # type: ignore[arg-type]
            context.route(VIEWER, lambda route: route.fulfill(content_type="text/javascript", body=""))
            context.add_cookies([{"name": "duban_language", "value": self.story.lang, "url": self.base_url}])
            page = self.seats[login] = context.new_page()
            page.set_default_timeout(5000)
            watch(page, self.base_url, self.faults)
            sign_in(page, login)
        return self.seats[login]

    def _asks(self, login: str) -> APIRequestContext:
        """Return what sends somebody's requests; he is signed in."""
        if login in self.seats:
            return self.seats[login].context.request
        if login not in self.windowless:
            context = self.browser.new_context(base_url=self.base_url)
            context.add_cookies([{"name": "duban_language", "value": self.story.lang, "url": self.base_url}])
            self.windowless[login] = context
            self._sign_in(context.request, login)
        return self.windowless[login].request

    def _sign_in(self, asks: APIRequestContext, login: str) -> None:
        token = TOKEN.search(asks.get("/signin").text())
        assert token, self.place
        sent = {"csrf_token": token[1], "login": login, "password": login}
        done = asks.post("/signin", data=urlencode(sent), headers=FORM, max_redirects=0)
        assert done.status == 303, f"{login} cannot sign in"

    def _open(self, login: str, address: str) -> Page:
        page = self._seat(login)
        page.goto(address)
        if "/signin" in page.url:
            sign_in(page, login)
            page.goto(address)
        return page

    # --- what they do

    def _transfer(self, said: Step) -> None:
        page = self._open(said["transfer"], "/transfers/new")
        answers = words.plain({**self.story.usual["clue_submit"], **said.get("answers", {})}, self.now)
        fill(page, {key: value for key, value in answers.items() if value is not None})
        self._good(page)
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator("form[data-form] [data-confirm]").last.click()
        expect(page.get_by_role("status")).to_contain_text("YS-")
        with self.city.database.reading() as session:
            self.number = (
                session.scalars(select(Clue.transfer_no).order_by(Clue.submitted_at.desc())).first() or ""
            )

    def _happens(self, step: Step) -> None:
        """Let somebody tell the matter on its page what has happened."""
        page = self._open(step["actor"], f"/clues/{self._clue().id}")
        page.once("dialog", lambda dialog: dialog.accept())
        page.locator(f"button[name=message][value='{step['happens']}']").click()
        expect(page.get_by_role("status"), self.place).to_be_visible()

    def _do(self, step: Step) -> None:
        login = step["actor"]
        task, form, answers = self._task(step)
        known = form.id if form else ""
        if not self.by_hand or known in self.met:
            self._post(login, task, form, answers)
            return
        self.met.add(known)
        page = self._at(login, task)
        fill(page, answers)
        self._good(page)
        page.locator("form[data-form] .buttons--form button").first.click()
        expect(page.get_by_role("status"), self.place).to_be_visible()

    def _at(self, login: str, task: Task) -> Page:
        """Open a task from the inbox, and claim it."""
        page, address = self._seat(login), f"/tasks/{task.id}"
        if not page.url.endswith(address):
            self._open(login, f"/inbox?box={'mine' if task.assignee else 'groups'}&text={self.number}")
            page.locator(f"#tasks a[href='{address}']").click()
        if task.assignee is None:
            page.locator(".claim button").click()
        expect(page.locator("form[data-form]"), self.place).to_be_visible()
        return page

    def _post(self, login: str, task: Task, form: Form | None, answers: Mapping[str, Any]) -> None:
        """Read the page of a task and send its form, without a window."""
        asks = self._asks(login)
        page = asks.get(f"/tasks/{task.id}")
        if "/signin" in page.url:
            self._sign_in(asks, login)
            page = asks.get(f"/tasks/{task.id}")
        token = TOKEN.search(page.text())
        assert page.ok, self.place
        assert token, self.place
        sent = [("csrf_token", token[1]), *pairs(answers)]
        if task.assignee is None:
            asks.post(f"/tasks/{task.id}/claim", data=urlencode(sent[:1]), headers=FORM, max_redirects=0)
        done = asks.post(f"/tasks/{task.id}/complete", data=urlencode(sent), headers=FORM, max_redirects=0)
        assert done.status == 303, f"{self.place}: {_problems(done.text())}"

    def _task(self, step: Step) -> tuple[Task, Form | None, dict[str, Any]]:
        """Return somebody's task at a step of this matter, its form, and what he answers."""
        with self.city.database.reading() as session:
            clue = session.scalars(select(Clue).where(Clue.transfer_no == self.number)).one()
            actor = office.actor_for(session, step["actor"])
            boxes = (tasks.listing(session, actor, box=box, limit=100) for box in ("mine", "groups"))
            offered = [one for box in boxes for one in box.rows if one.scope_id == clue.scope_id]
            there = [(one.element_id, one.id) for one in offered]
            found = [one for one in offered if one.element_id == step["task"]]
            if "of" in step:
                about = {str(row.id): row.name for row in session.scalars(select(ClueSubject))}
                found = [one for one in found if about.get(one.subject or "") == step["of"]]
            assert found, (
                f"{self.place}: in the inbox of {actor.id} are {there}, open are {self._open_steps(clue)}"
            )
            task = found[0]
            form, known = tasks.form(session, task.id, actor=actor)
            filled = {key: value for key, value in known.items() if value not in ([], None)}
            usual = self.story.usual.get(form.id, {}) if form else {}
            said = words.plain({**usual, **filled, **(step.get("answers") or {})}, self.now)
        asked = {part.key for part in form.fields if not part.readonly} if form else set()
        return task, form, {key: value for key, value in said.items() if key in asked and value is not None}

    def _clue(self) -> Clue:
        with self.city.database.reading() as session:
            return session.scalars(select(Clue).where(Clue.transfer_no == self.number)).one()

    def _open_steps(self, clue: Clue) -> list[tuple[str, str | None]]:
        with self.city.database.reading() as session:
            rows = session.scalars(
                select(Task).where(Task.scope_id == clue.scope_id, Task.closed_at.is_(None))
            )
            return [(row.element_id, row.assignee) for row in rows]

    def _advance(self, length: str) -> None:
        goal = words.later(length, self.now)
        while (due := self._next_due()) is not None and due <= goal:
            with clock.held_at(due):
                assert worker.run_due(self.city.database), f"{self.place}: what is due at {due} does not fire"
        self.now = goal

    def _next_due(self) -> datetime | None:
        with self.city.database.reading() as session:
            ends = select(func.min(Job.due_at)).where(Job.kind == clocks.KIND, Job.status == "waiting")
            return min(filter(None, (timers.next_due_at(session), session.scalar(ends))), default=None)

    def _look(self, said: Step) -> None:
        """Let somebody open a page and read it: `finds` stands there, `misses` does not."""
        page = self._open(said["actor"], said["page"].format(clue=self._clue().id, number=self.number))
        main = page.locator("#main")
        for text in said.get("finds", ()):
            expect(main).to_contain_text(text)
        for text in said.get("misses", ()):
            expect(main).not_to_contain_text(text)
        self._good(page)

    def _good(self, page: Page) -> None:
        """Check what every page has to pass."""
        assert not overflows(page), f"{self.place}: {page.url}"
        if self.story.lang == "zh":
            assert (foreign := foreign_words(page)) == set(), f"{self.place}: {page.url}: {foreign}"
        else:
            # What people have written stays as they wrote it; steps, also of what is called, have English names.
            history = " ".join(page.locator("section[aria-labelledby=history]").all_text_contents())
            assert not HAN.search(" ".join(STEP.findall(history))), f"{self.place}: {page.url}"


#: What people send along: a whole file, whatever it is called.
PDF = pdf()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _problems(text: str) -> str:
    found = re.search(r'id="errors".*?</div>', text, re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found[0] if found else text[:300])


def pairs(answers: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a form with these answers sends."""
    for key, value in answers.items():
        name = within + key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                yield name, str(number)
                yield from pairs(row, f"{name}.{number}.")
            continue
        for one in value if isinstance(value, list) else [value]:
            if one is not None and one is not False:
                yield name, "true" if one is True else str(one)


def fill(page: Page, answers: Mapping[str, Any], within: str = "") -> None:
    """Answer the questions of a form that the page asks, in their order."""
    form = page.locator("form[data-form]")
    for key, value in answers.items():
        name = within + key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                if not form.locator(f"input[type=hidden][name='{name}'][value='{number}']").count():
                    form.locator(f"button[name=_add][value='{name}']").click()
                fill(page, row, f"{name}.{number}.")
            continue
        answer(form.locator(f"[name='{name}']"), value)


def answer(inputs: Locator, value: Any) -> None:
    """Type or choose one answer; a question that does not apply is not asked."""
    kind = inputs.evaluate_all(
        "all => !all.length || all[0].closest('[hidden]') ? '' : all[0].type || all[0].localName"
    )
    if kind == "radio" or (kind == "checkbox" and isinstance(value, list)):
        for choice in value if isinstance(value, list) else [value]:
            inputs.and_(inputs.page.locator(f"[value='{choice}']")).check()
    elif kind == "checkbox":
        inputs.set_checked(bool(value))
    elif kind == "select-one":
        inputs.select_option(str(value))
    elif kind == "file":
        inputs.set_input_files([{"name": one, "mimeType": "application/pdf", "buffer": PDF} for one in value])
    elif kind:
        inputs.fill(str(value))
