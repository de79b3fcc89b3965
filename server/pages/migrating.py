"""Running instances moved to another version of their process: proposed, looked at, ordered, and followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from handlers import wall
from server.db import reading, unit_of_work
from server.guard import guard
from server.pages import moving_words, words
from server.pages.blueprint import blueprint
from server.pages.processes import SUPERVISOR
from workflows import batches, definitions, deployed, engine
from workflows.actor import Actor
from workflows.errors import Conflict, InvalidInput
from workflows.instances import migration
from workflows.instances.migration import Plan, Verdict
from workflows.model import Instance, ProcessDefinition
from workflows.visibility import policy

#: Who comes to these pages; what each may move is asked of the policy, instance by instance.
MOVERS = SUPERVISOR | wall.roles("process", {"steer"})
#: Instances that are looked at for one page; a batch moves more.
LOOKED_AT = 1_000
#: Lines of a report on one page.
SHOWN = 200


@dataclass(frozen=True)
class Gone:
    """An element that the new version has no more, and what of the new one may take its place."""

    id: str
    name: str
    choices: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Line:
    """What comes, or came, of one instance."""

    number: str
    state: str
    remarks: Sequence[str]
    undo: str = ""  #: the instance that can be moved back


@blueprint.get("/processes/behind")
@guard(roles=MOVERS)
def behind(actor: Actor) -> str:
    """List the versions that are not the newest and on which instances run that the actor sees."""
    newest = select(ProcessDefinition.key, func.max(ProcessDefinition.version).label("version"))
    newest_of = newest.group_by(ProcessDefinition.key).subquery()
    running = (
        select(ProcessDefinition, func.count(Instance.id))
        .join(Instance, Instance.definition_id == ProcessDefinition.id)
        .join(newest_of, newest_of.c.key == ProcessDefinition.key)
        .where(Instance.ended_at.is_(None), ProcessDefinition.version < newest_of.c.version)
        .where(policy().instances(actor))
        .group_by(ProcessDefinition.id)
        .order_by(ProcessDefinition.key, ProcessDefinition.version.desc())
    )
    with reading() as session:
        return render_template("behind.html", rows=session.execute(running).all())


@blueprint.get("/processes/<definition_id>/migrate")
@guard(roles=MOVERS)
def migrate(actor: Actor, definition_id: str) -> str:
    """Propose how running instances go on by another version, the newest unless `to` names one."""
    return _page(actor, definition_id, request.args)


@blueprint.post("/processes/<definition_id>/migrate/look")
@guard(roles=MOVERS)
def look_at_migration(actor: Actor, definition_id: str) -> str | tuple[str, int]:
    """Say for each running instance what moving it would come to; nothing is changed."""
    try:
        return _page(actor, definition_id, request.form, looked=True)
    except InvalidInput as refused:
        return _page(actor, definition_id, request.form, wrong=refused), 422


@blueprint.post("/processes/<definition_id>/migrate")
@guard(roles=MOVERS)
def order_migration(actor: Actor, definition_id: str) -> Response | tuple[str, int]:
    """Let all running instances that the actor may move be moved in the background."""
    try:
        with unit_of_work() as session:
            plan = _plan(session, definition_id, request.form)
            seen = migration.running(session, plan, actor=actor)
            ids = _movable(session, seen[: batches.MOST], actor)
            batch = batches.order(session, plan, ids, actor=actor)
            address = url_for("pages.migration_batch", batch_id=batch.id)
    except InvalidInput as refused:
        return _page(actor, definition_id, request.form, wrong=refused), 422
    flash(_("%(n)d are being moved, one after another. You may leave this page.", n=len(ids)), "done")
    if len(seen) > len(ids):
        flash(_("%(n)d are left: order them when these are done.", n=len(seen) - len(ids)), "done")
    return redirect(address, 303)


@blueprint.get("/processes/migrations/<batch_id>")
@guard(roles=MOVERS)
def migration_batch(actor: Actor, batch_id: str) -> str:
    """Show how far a batch is, and what came of each instance."""
    with reading() as session:
        batch = batches.of(session, batch_id, actor)
        progress = batches.progress(session, batch)
        rows = batches.items(session, batch, limit=SHOWN)
        numbers = _numbers(session, [item.instance_id for item, _state in rows])
        reasons = moving_words.reasons()
        revisions = _revisions(session, [item.instance_id for item, _state in rows])
        return render_template(
            "migration_batch.html",
            batch=batch,
            progress=progress,
            source=definitions.get(session, batch.source_id),
            target=definitions.get(session, batch.target_id),
            lines=[
                Line(
                    numbers[item.instance_id],
                    state,
                    [reasons.get(rule, said) for _s, _e, rule, said in item.findings],
                    item.instance_id
                    if state == "moved" and item.revision == revisions[item.instance_id]
                    else "",
                )
                for item, state in rows
            ],
            states={
                "waiting": _("waiting"),
                "moved": _("moved over"),
                "refused": _("left where it was"),
                "failed": _("failed"),
                "dropped": _("taken back"),
                "undone": _("moved back"),
            },
        )


@blueprint.post("/processes/migrations/<batch_id>/undo/<instance_id>")
@guard(roles=MOVERS)
def undo_migration(actor: Actor, batch_id: str, instance_id: str) -> Response:
    """Move one instance back that has done no step since it was moved."""
    try:
        with unit_of_work() as session:
            migration.guard_all(session, [instance_id], actor=actor)
            batches.undo(session, batch_id, instance_id, actor=actor)
    except Conflict as error:
        told = [moving_words.reasons().get(one.rule, one.message) for one in error.params.get("findings", ())]
        flash(" ".join(told) or words.error_words(error, 409), "error")
    else:
        flash(_("It is back on the version that it came from."), "done")
    return redirect(url_for("pages.migration_batch", batch_id=batch_id), 303)


@blueprint.post("/processes/migrations/<batch_id>/drop")
@guard(roles=MOVERS)
def drop_migration(actor: Actor, batch_id: str) -> Response:
    """Take back the moves that have not been made yet."""
    with unit_of_work() as session:
        dropped = batches.drop(session, batch_id, actor=actor)
    flash(_("%(n)d moves are taken back; those made stay.", n=dropped), "done")
    return redirect(url_for("pages.migration_batch", batch_id=batch_id), 303)


def _page(
    actor: Actor,
    definition_id: str,
    given: Mapping[str, str],
    *,
    looked: bool = False,
    wrong: InvalidInput | None = None,
) -> str:
    with reading() as session:
        source = definitions.get(session, definition_id)
        others = [row for row in definitions.list_definitions(session, key=source.key) if row.id != source.id]
        target = next((row for row in others if row.id == given.get("to")), others[0] if others else None)
        ids: Sequence[str] = ()
        gone: list[Gone] = []
        lines: list[Line] = []
        movable = 0
        if target is not None:
            gone = _gone(session, source, target, given)
            renamed = {} if wrong else {one.id: one.chosen for one in gone if one.chosen}
            plan = migration.plan(session, source.id, target.id, renamed)
            ids = migration.running(session, plan, actor=actor)
            if looked:
                chosen = _movable(session, ids[:LOOKED_AT], actor)
                verdicts = [migration.validate(session, plan, each, actor=actor) for each in chosen]
                movable = sum(not verdict.reasons for verdict in verdicts)
                lines = _told(session, verdicts)
        return render_template(
            "migrate.html",
            source=source,
            target=target,
            others=others,
            gone=gone,
            running=len(ids),
            looked=looked,
            looked_at=min(len(ids), LOOKED_AT),
            movable=movable,
            lines=lines[:SHOWN],
            more=max(0, len(lines) - SHOWN),
            wrong=[finding.message for finding in wrong.findings] or [wrong.message] if wrong else [],
        )


def _plan(session: Session, definition_id: str, given: Mapping[str, str]) -> Plan:
    source = definitions.get(session, definition_id)
    target = definitions.get(session, given.get("to", ""))
    gone = _gone(session, source, target, given)
    return migration.plan(session, source.id, target.id, {one.id: one.chosen for one in gone if one.chosen})


def _gone(
    session: Session, source: ProcessDefinition, target: ProcessDefinition, given: Mapping[str, str]
) -> list[Gone]:
    """Return what the new version has no more, each with what is new of its kind: of its name first."""
    before, after = (engine.elements(deployed.compiled(session, row.id)) for row in (source, target))
    fresh = [node for node in after.values() if node.id not in before and engine.stands(node)]
    found = []
    for node in before.values():
        if node.id in after or not engine.stands(node):
            continue
        fitting = [other for other in fresh if other.kind == node.kind]
        alike = next((other.id for other in fitting if other.name and other.name == node.name), "")
        choices = [(other.id, other.name or other.id) for other in fitting]
        chosen = given.get(f"to-{node.id}", alike)
        known = chosen if any(chosen == each for each, _name in choices) else ""
        found.append(Gone(node.id, node.name or node.id, choices, known))
    return found


def _movable(session: Session, ids: Sequence[str], actor: Actor) -> list[str]:
    """Return those of the instances that the actor may move, the oldest first."""
    rows = select(Instance).where(Instance.id.in_(ids)).order_by(Instance.started_at, Instance.id)
    return [row.id for row in session.scalars(rows) if policy().may(session, actor, "migrate", row).allowed]


def _told(session: Session, verdicts: Sequence[Verdict]) -> list[Line]:
    """Return the verdicts, those that refuse first."""
    numbers = _numbers(session, [verdict.instance_id for verdict in verdicts])
    reasons = moving_words.reasons()
    ordered = sorted(verdicts, key=lambda verdict: not verdict.reasons)
    return [
        Line(
            numbers[verdict.instance_id],
            "refused" if verdict.reasons else "moved",
            [reasons.get(one.rule, one.message) for one in verdict.findings],
        )
        for verdict in ordered
        if verdict.findings
    ]


def _revisions(session: Session, ids: Sequence[str]) -> dict[str, int]:
    rows = session.execute(select(Instance.id, Instance.revision).where(Instance.id.in_(ids)))
    return {instance_id: revision for instance_id, revision in rows}  # noqa: C416 -- rows are no pairs to mypy


def _numbers(session: Session, ids: Sequence[str]) -> dict[str, str]:
    rows = session.execute(select(Instance.id, Instance.business_key).where(Instance.id.in_(ids)))
    return {instance_id: number or instance_id[:8] for instance_id, number in rows}
