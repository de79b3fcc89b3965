"""A small house of rooms with every kind of door: what the edge does is seen without the real pages."""

from flask import Blueprint, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError

from server import auth, entry
from server.db import reading, unit_of_work
from server.guard import guard, public
from workflows import clock
from workflows.actor import Actor
from workflows.errors import Conflict, EngineFault, FieldError, InvalidInput, NotAllowed, NotFound
from workflows.findings import Finding
from workflows.model import AuditEvent

FAILURES = {
    "missing": NotFound("There is no such thing.", code="thing"),
    "forbidden": NotAllowed("That is not yours.", code="not_yours"),
    "conflict": Conflict("Somebody was quicker.", code="claimed", by="handler2"),
    "invalid": InvalidInput("Two fields are wrong.", fields={"amount": FieldError("min", {"min": 1})}),
    "diagram": InvalidInput(
        "The diagram is refused.", findings=(Finding("Task_1", "deadline", "policy", "No deadline."),)
    ),
    "fault": EngineFault("The run failed.", element="Gateway_1"),
}


def blueprints() -> list[Blueprint]:
    """Return fresh blueprints: one may not be changed once an application has it."""
    return [_pages(), _rest(), _api()]


def fail(kind: str) -> str:
    if kind == "crash":
        secret = "narrative 张三"
        raise RuntimeError(secret)
    if kind == "overtaken":
        raise StaleDataError("row 5")
    if kind == "away":
        raise OperationalError("select 1", {}, Exception("could not connect"))
    raise FAILURES[kind]


def _pages() -> Blueprint:
    pages = Blueprint("pages", __name__)

    @pages.get("/signin")
    @public
    def signin() -> str:
        return generate_csrf()

    @pages.post("/signin")
    @public
    def enter() -> object:
        form = request.form
        try:
            return entry.sign_in(form["login"], form["password"], target=form.get("next"))
        except auth.Refused as refused:
            return refused.message, 401

    @pages.post("/signout")
    @guard()
    def leave(actor: Actor) -> object:
        return entry.sign_out()

    @pages.get("/inbox")
    @guard()
    def inbox(actor: Actor) -> str:
        return f"{actor.id} {generate_csrf()}"

    @pages.get("/processes")
    @guard(roles={"supervisor", "admin"})
    def processes(actor: Actor) -> str:
        return actor.id

    @pages.post("/notes")
    @guard()
    def write(actor: Actor) -> str:
        with unit_of_work() as session:
            session.add(AuditEvent(at=clock.now(), actor=actor.id, act="note"))
            if request.form.get("then") == "fail":
                raise Conflict("no")
        return "kept"

    @pages.get("/notes")
    @guard()
    def read(actor: Actor) -> list[str]:
        with reading() as session:
            return list(session.scalars(select(AuditEvent.actor).where(AuditEvent.act == "note")))

    @pages.get("/fail/<kind>")
    @guard()
    def page_failure(kind: str, actor: Actor) -> str:
        return fail(kind)

    @pages.post("/upload")
    @public
    def upload() -> str:
        return str(len(request.files["file"].read()))

    return pages


def _rest() -> Blueprint:
    rest = Blueprint("rest", __name__, url_prefix="/engine-rest")

    @rest.route("/whoami", methods=["GET", "POST"])
    @guard()
    def whoami(actor: Actor) -> dict[str, str]:
        return {"id": actor.id}

    @rest.get("/keep/<value>")
    @guard()
    def keep(value: str, actor: Actor) -> dict[str, str]:
        with unit_of_work() as session:
            session.add(AuditEvent(at=clock.now(), actor=value, act="note"))
        return {}

    @rest.get("/fail/<kind>")
    @guard()
    def rest_failure(kind: str, actor: Actor) -> str:
        return fail(kind)

    return rest


def _api() -> Blueprint:
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.get("/fail/<kind>")
    @guard()
    def api_failure(kind: str, actor: Actor) -> str:
        return fail(kind)

    return api
