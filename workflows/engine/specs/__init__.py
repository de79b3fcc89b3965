"""What each element does to a token, by kind of element."""

from workflows.engine.specs.catching import (
    Armed,
    BoundaryEvent,
    CatchEvent,
    Catching,
    ReceiveTask,
    StartEvent,
)
from workflows.engine.specs.flowing import Flowing
from workflows.engine.specs.gateways import (
    ComplexGateway,
    EventGateway,
    ExclusiveGateway,
    InclusiveGateway,
    ParallelGateway,
)
from workflows.engine.specs.scopes import (
    ROOT,
    CallActivity,
    ProcessSpec,
    Repeated,
    Root,
    SubProcess,
    Transaction,
)
from workflows.engine.specs.tasks import (
    DecisionTask,
    PassThrough,
    Performing,
    ScriptTask,
    SendTask,
    ServiceTask,
    UserTask,
)
from workflows.engine.specs.throwing import EndEvent, ThrowEvent, Throwing

__all__ = [
    "ROOT",
    "Armed",
    "BoundaryEvent",
    "CallActivity",
    "CatchEvent",
    "Catching",
    "ComplexGateway",
    "DecisionTask",
    "EndEvent",
    "EventGateway",
    "ExclusiveGateway",
    "Flowing",
    "InclusiveGateway",
    "ParallelGateway",
    "PassThrough",
    "Performing",
    "ProcessSpec",
    "ReceiveTask",
    "Repeated",
    "Root",
    "ScriptTask",
    "SendTask",
    "ServiceTask",
    "StartEvent",
    "SubProcess",
    "ThrowEvent",
    "Throwing",
    "Transaction",
    "UserTask",
]
