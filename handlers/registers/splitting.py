"""Splitting a clue in two where competence is judged: one part stays, the other is a clue of its own (domain x5).

What the agency sent stays whole in the transfer form, which both parts have; the register says of each part what
it is about. A clue is split once: the register refuses a second other part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from handlers import links
from handlers.registers import arrival, intake, papers, repeats
from handlers.registers.model import Clue, ClueSubject, Document
from handlers.registers.numbers import next_number
from handlers.registers.record import Answers, clue_of, hand_over, move, note, sign, who
from workflows.errors import Conflict, EngineFault, FieldError, InvalidInput
from workflows.forms import Option, Options
from workflows.operations import Context, Recorded, operation

#: What the other part has of the first: who sent it and when, not what it says.
_SHARED = (
    "source",
    "agency_code",
    "legal_basis",
    "domain",
    "event_from",
    "event_to",
    "amount",
    "agency_conclusion",
    "urgency",
    "contact",
    "head_sign",
    "named_report",
    "repeat_report",
    "report_no",
    "submitted_by",
    "submitted_at",
    "received_by",
    "received_at",
    "secrecy",
)
#: Kinds of papers that both parts may have: what came in, not what was made of it here.
_CAME_IN = ("material", "other")


@operation("clues.parts", use="options")
def parts(context: Context) -> Options:
    """Return whom the clue is about and which files it has, to be divided."""
    clue = clue_of(context)
    return {
        "clue_subjects": [Option(str(row.id), _named(row), _named(row)) for row in _subjects(context, clue)],
        "clue_files": [Option(row.id, _titled(row), _titled(row)) for row in _files(context, clue)],
    }


@operation("clues.whole", use="prefill")
def whole(context: Context) -> dict[str, Any]:
    """Return the clue as it came: everything in the first part, persons and files in both."""
    clue = clue_of(context)
    everybody = [str(row.id) for row in _subjects(context, clue)]
    return {
        "facts_kept": clue.facts,
        "subjects_kept": everybody,
        "subjects_other": everybody,
        "files_other": [row.id for row in _files(context, clue)],
    }


@operation("clues.split")
def split(context: Context, *, answers: Answers) -> None:
    """Divide the clue: this one keeps its part, and the other part is entered with numbers of its own."""
    clue = clue_of(context)
    if _other_part(context, clue) is not None:
        raise Conflict("The clue is split already.", code="split")
    here = answers["other_goes"] == "here"
    _guard_whole(context, clue, answers)
    other = _entered(context, clue, answers)
    context.session.add(other)
    context.session.flush()
    links.link(context.session, clue.scope_id, other.scope_id)
    _divide_subjects(context, clue, other, answers)
    _copy_papers(context, clue, other, answers.get("files_other") or ())
    sign(
        context,
        clue,
        "a3_split",
        "split",
        answers["reason"],
        {"facts": clue.facts, "number": other.transfer_no},
    )
    sign(context, other, "a3_split", "split", answers["reason"], {"number": clue.transfer_no})
    clue.facts = answers["facts_kept"]
    clue.competence, clue.competent_body = ("yes", None) if here else ("part", answers["to_body"])
    papers.issue(context, other, "receipt", str(other.receipt_no))
    hand_over(context, other, "receipt", to_unit=other.agency_code)
    note(context, clue, "clue.split", number=other.transfer_no)
    note(context, other, "clue.split_from", number=clue.transfer_no)
    move(context, other, other.stage, receipt=other.receipt_no)


@operation("clues.begin_split")
def begin_split(context: Context, *, answers: Answers) -> Recorded:
    """Begin the process of the part that was split off; only the split itself does, and once."""
    other = _other_part(context, clue_of(context))
    if context.actor is not None or other is None or other.instance_id is not None:
        raise EngineFault("No part of the clue waits to begin.", element=context.element_id)
    other.instance_id = context.instance_id
    received = arrival.counted_from(context.session, other, other.received_at or context.now)
    return Recorded(
        variables={
            **intake.variables(context.session, other, otherwise=other.submitted_by),
            # T08 is watched on, and T03 and T05 are answered by, the part that stays.
            "assigned": "no",
            "forwarded": "no",
            "tell": "no",
            "complete_a3": "yes",
            "competence": other.competence,
            "duplicate": "none",
            "received_at": received.isoformat(),
        },
        scope_id=other.scope_id,
        business_key=other.transfer_no,
    )


def _other_part(context: Context, clue: Clue) -> Clue | None:
    return context.session.scalar(select(Clue).where(Clue.split_from == clue.id))


def _guard_whole(context: Context, clue: Clue, answers: Answers) -> None:
    """Raise InvalidInput where somebody would be in neither part, or all allegations in both."""
    divided = {*answers["subjects_kept"], *answers["subjects_other"]}
    lost = [row.name for row in _subjects(context, clue) if str(row.id) not in divided]
    wrong: dict[str, FieldError] = {}
    if lost:
        wrong["subjects_other"] = FieldError("split_lost", {"names": lost})
    if repeats.same(answers["facts_kept"]) == repeats.same(answers["facts_other"]):
        wrong["facts_other"] = FieldError("split_same")
    if wrong:
        raise InvalidInput("The clue is not divided.", fields=wrong)


def _entered(context: Context, clue: Clue, answers: Answers) -> Clue:
    here = answers["other_goes"] == "here"
    chosen = set(answers["subjects_other"])
    names = [row.name for row in _subjects(context, clue) if str(row.id) in chosen]
    return Clue(
        **{name: getattr(clue, name) for name in _SHARED},
        split_from=clue.id,
        transfer_no=next_number(context.session, "transfer", context.now),
        receipt_no=next_number(context.session, "receipt", context.now),
        facts=answers["facts_other"],
        content_digest=repeats.digest(names, answers["facts_other"]),
        competence="yes" if here else "no",
        competent_body=None if here else answers["to_body"],
        stage="received" if here else "returning",
    )


def _divide_subjects(context: Context, clue: Clue, other: Clue, answers: Answers) -> None:
    """Let each part have its persons; who belongs to the other part alone is no longer in this one."""
    kept, given = set(answers["subjects_kept"]), set(answers["subjects_other"])
    for row in _subjects(context, clue):
        if str(row.id) not in given:
            continue
        if str(row.id) in kept:
            context.session.add(_copy(row, clue_id=other.id))
        else:
            row.clue_id = other.id


def _copy_papers(context: Context, clue: Clue, other: Clue, chosen: Iterable[str]) -> None:
    """Give the other part the transfer form, which is the basis of both, and the files chosen for it."""
    form = select(Document).where(Document.clue_id == clue.id, Document.kind == "transfer_form")
    wanted = set(chosen)
    files = (row for row in _files(context, clue) if row.id in wanted)
    for row in (*context.session.scalars(form.order_by(Document.version)), *files):
        context.session.add(_copy(row, clue_id=other.id, created_by=who(context)))


def _copy(row: Any, **changed: Any) -> Any:
    """Return a new row that says the same but what is changed."""
    columns = [column.key for column in row.__mapper__.column_attrs if column.key != "id"]
    return type(row)(**{name: getattr(row, name) for name in columns} | changed)


def _subjects(context: Context, clue: Clue) -> Sequence[ClueSubject]:
    rows = select(ClueSubject).where(ClueSubject.clue_id == clue.id)
    return context.session.scalars(rows.order_by(ClueSubject.id)).all()


def _files(context: Context, clue: Clue) -> Sequence[Document]:
    rows = select(Document).where(Document.clue_id == clue.id, Document.kind.in_(_CAME_IN))
    return context.session.scalars(rows.order_by(Document.created_at, Document.title, Document.version)).all()


def _named(row: ClueSubject) -> str:
    where = " ".join(filter(None, (row.unit, row.post)))
    return f"{row.name}（{where}）" if where else row.name


def _titled(row: Document) -> str:
    return f"{row.title}（第{row.version}版）" if row.version > 1 else row.title
