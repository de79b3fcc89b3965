"""The graver acts that a colour sets going: a letter is made, an interview is proposed. People sign and decide."""

from __future__ import annotations

from handlers.escalation.recipients import all_to_tell, people_to_tell
from handlers.escalation.recording import record, tell
from handlers.registers import Clue, papers
from handlers.registers.numbers import next_number
from workflows import persistence
from workflows.model import Task
from workflows.operations import Context, operation
from workflows.spans import Reached

#: The message that begins the process `interview`.
PROPOSED = "interview_proposed"
LETTER = "supervision_letter"


@operation("escalation.letter", use="rung")
def letter(context: Context, *, reached: Reached) -> None:
    """Make a letter of the task's delay (提示函, at red 督办函) for the recipients; of a task of no clue, tell them."""
    session = context.session
    task = session.get_one(Task, context.task_id)
    clue = session.get(Clue, (task.scope_id or "").removeprefix("clue:"))
    number = next_number(session, "supervision", context.now) if clue else None
    named = all_to_tell(session, task, reached.recipients)
    said = tell(context, task, "deadline.letter", reached, named)
    record(context, task, "deadline.letter", {**said, "verb": "letter", "letter": number})
    if clue is not None and number is not None:
        papers.issue(context, clue, LETTER, number)


@operation("escalation.propose_interview", use="rung")
def propose_interview(context: Context, *, reached: Reached) -> None:
    """Ask the leader in charge whether those responsible are to be talked to (约谈): he decides, not the colour."""
    session = context.session
    task = session.get_one(Task, context.task_id)
    leaders = people_to_tell(session, task, "leader")
    said = tell(context, task, "deadline.interview", reached, leaders)
    record(context, task, "deadline.interview", {**said, "verb": "propose_interview"})
    persistence.send(
        session,
        task.instance_id,
        name=PROPOSED,
        cause=f"interview:{task.id}:{reached.rung}",
        variables={"leaders": leaders},
    )
