"""The engine, the only importer of SpiffWorkflow: reads diagrams and runs instances in memory."""

from workflows.engine.calls import Called, Library, Wanted
from workflows.engine.drafts import Drawn, outline, processes
from workflows.engine.ledger import Calling, Used
from workflows.engine.migration import Migration, elements, stands
from workflows.engine.model import (
    BpmnError,
    Change,
    Continuation,
    DueTimer,
    Host,
    Moved,
    Node,
    OpenTask,
    Sent,
    Signer,
    Step,
    Subscription,
)
from workflows.engine.people import workers
from workflows.engine.reading import Definition, compile_definition, read
from workflows.engine.run import Run
from workflows.engine.triggers import Trigger, conditions_met, next_start, triggers
from workflows.errors import EngineFault
from workflows.findings import Finding

__all__ = [
    "BpmnError",
    "Called",
    "Calling",
    "Change",
    "Continuation",
    "Definition",
    "Drawn",
    "DueTimer",
    "EngineFault",
    "Finding",
    "Host",
    "Library",
    "Migration",
    "Moved",
    "Node",
    "OpenTask",
    "Run",
    "Sent",
    "Signer",
    "Step",
    "Subscription",
    "Trigger",
    "Used",
    "Wanted",
    "compile_definition",
    "conditions_met",
    "elements",
    "next_start",
    "outline",
    "processes",
    "read",
    "stands",
    "triggers",
    "workers",
]
