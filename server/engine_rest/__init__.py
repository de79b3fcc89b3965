"""`/engine-rest`: a subset of the Camunda 7 REST API, one module per resource.

What is offered, and where it differs: docs/reference/engine-rest.md.
"""

from server.engine_rest import (
    batch,
    condition,
    deployment,
    engine,
    external_task,
    incident,
    job,
    message,
    migration,
    process_definition,
    process_instance,
    signal,
    task,
)
from server.engine_rest.area import blueprint
from server.engine_rest.history import activity_instance as history_activity_instance
from server.engine_rest.history import decision_instance as history_decision_instance
from server.engine_rest.history import process_instance as history_process_instance
from server.engine_rest.history import task as history_task
from server.engine_rest.history import user_operation as history_user_operation
from server.engine_rest.history import variable_instance as history_variable_instance

RESOURCES = (
    batch,
    condition,
    deployment,
    engine,
    external_task,
    history_activity_instance,
    history_process_instance,
    history_task,
    history_user_operation,
    history_decision_instance,
    history_variable_instance,
    incident,
    job,
    message,
    migration,
    process_definition,
    process_instance,
    signal,
    task,
)

__all__ = ["RESOURCES", "blueprint"]
