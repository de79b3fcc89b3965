"""What happens when a task reaches a rung of its ladder: people are told, the task may pass on, the matter records it.

The vocabulary of the ladders (`bpmn/reminders.csv`, column `operation`), each named `escalation.<verb>`:
`remind`  those behind the recipients are asked to see to the task
`notify`  they are let know, nothing is asked of them
`raise`   it is put before them as theirs to see to, and becomes more urgent
`reassign_if_not_claimed` `reassign_if_not_finished`
          the task goes to somebody behind `give_to`, or back to its candidates where that is empty
`list_candidate`  long overdue: a candidate for listed supervision (挂牌督办)
`letter`  a letter is made of the delay (提示函, at red 督办函)
`propose_interview`  the leader in charge is asked whether there is an interview (约谈)

Codes of notifications and of the record, with the parameters that pages put into words; all have `number` `task`
`task_en` `element` `due` `rung`, and of a repeated rung `turn` `times` `missed`:
`deadline.normal` `deadline.remind` `deadline.warn` `deadline.alarm` `deadline.overdue`  a rung of that level
`deadline.notified`   told without being asked
`deadline.listed`     a candidate for listed supervision
`deadline.given` `deadline.released` `deadline.stranded` `deadline.kept`
                      the task went to `has`, to its candidates, to nobody (none may have it), or was claimed in time
`deadline.letter` (`letter`: its number) `deadline.interview`  a letter was made, an interview proposed
`deadline.recounted`  a holiday plan was taken in: `old` and `new` (instants), `was_provisional`, `provisional`, `year`
A notification to who stands in names for whom (`for`). The record names besides the `verb`, whom it was told (`to`),
who stood in for whom (`proxies`), the `colour` of a colour table's act, who `had` and who `has` the task, and of an
overdue task that a reason in writing is due (`reason_required`). Nothing here decides anything.
"""

from handlers.escalation.acting import letter, propose_interview
from handlers.escalation.giving import reassign_if_not_claimed, reassign_if_not_finished
from handlers.escalation.loading import GIVING, load, verbs
from handlers.escalation.recipients import LAST, NEXT, RELATIONS, people_to_tell
from handlers.escalation.telling import list_candidate, notify, raise_up, recounted, remind

__all__ = [
    "GIVING",
    "LAST",
    "NEXT",
    "RELATIONS",
    "letter",
    "list_candidate",
    "load",
    "notify",
    "people_to_tell",
    "propose_interview",
    "raise_up",
    "reassign_if_not_claimed",
    "reassign_if_not_finished",
    "recounted",
    "remind",
    "verbs",
]
