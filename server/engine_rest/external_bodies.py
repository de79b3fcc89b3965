"""The bodies of `/external-task`: what workers and operators may say, and within which bounds."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, pre_load, validate

from server.engine_rest.kinds import INT32, Flag, Name, Text
from server.engine_rest.variables import variable_map

MOST_TASKS = 1000
MOST_TOPICS = 100
LONGEST_MILLISECONDS = 30 * 24 * 3600 * 1000
LONGEST_POLL = 1_800_000
LONGEST_DETAILS = 100_000
#: What a worker asks with a `processVariables` that is not empty would be looked for in every state.
NO_VARIABLES = "Tasks cannot be chosen by variables."


def _milliseconds(*, least: int = 0, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, LONGEST_MILLISECONDS), **options)


def _whole(lowest: int = 0, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(lowest, INT32 - 1), **options)


def _names() -> fields.List:
    return fields.List(Name(), load_default=None, validate=validate.Length(max=MOST_TASKS))


class _Body(Schema):
    class Meta:
        unknown = RAISE

    @pre_load
    def ask_nothing(self, data: Any, **rest: Any) -> Any:
        """Leave out what is null: clients that were generated send every member they know, in topics too."""
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if value is not None}


class TopicSchema(_Body):
    """What a worker asks for of one topic."""

    topicName = Name(required=True, shortest=1)
    lockDuration = _milliseconds(least=1, required=True)
    variables = _names()
    localVariables = Flag(load_default=False)
    deserializeValues = Flag(load_default=False)
    businessKey = Name(load_default=None)
    processDefinitionId = Name(load_default=None)
    processDefinitionIdIn = _names()
    processDefinitionKey = Name(load_default=None)
    processDefinitionKeyIn = _names()
    processDefinitionVersionTag = Name(load_default=None)
    processVariables = fields.Dict(validate=validate.Length(max=0, error=NO_VARIABLES))
    includeExtensionProperties = Flag(load_default=False)
    withoutTenantId = Flag(load_default=False)
    tenantIdIn = fields.List(Name(), validate=validate.Length(max=0, error="No tenants."))


class SortSchema(_Body):
    """By what tasks of one priority are ordered."""

    sortBy = fields.String(required=True, validate=validate.Equal("createTime"))
    sortOrder = fields.String(required=True, validate=validate.Equal("asc"))


class FetchSchema(_Body):
    """What a worker asks for."""

    workerId = Name(required=True, shortest=1)
    maxTasks = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_TASKS))
    usePriority = Flag(load_default=True)
    asyncResponseTimeout = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(1, LONGEST_POLL)
    )
    sorting = fields.List(fields.Nested(SortSchema), allow_none=True)
    topics = fields.List(
        fields.Nested(TopicSchema), load_default=list, validate=validate.Length(max=MOST_TOPICS)
    )


class CompleteSchema(_Body):
    """How a task is completed."""

    workerId = Name(required=True, shortest=1)
    variables = variable_map()
    localVariables = variable_map()


class ErrorSchema(_Body):
    """A business error."""

    workerId = Name(required=True, shortest=1)
    errorCode = Name(required=True, shortest=1)
    errorMessage = Text(load_default="", validate=validate.Length(max=LONGEST_DETAILS))
    variables = variable_map()


class FailureSchema(_Body):
    """What went wrong, and how often it may be tried yet."""

    workerId = Name(required=True, shortest=1)
    errorMessage = Text(load_default="", validate=validate.Length(max=LONGEST_DETAILS))
    errorDetails = Text(load_default="", validate=validate.Length(max=LONGEST_DETAILS))
    retries = _whole(load_default=0)
    retryTimeout = _milliseconds(load_default=0)
    variables = fields.Dict(validate=validate.Length(max=0, error="A failure sets no variables."))
    localVariables = fields.Dict(validate=validate.Length(max=0, error="A failure sets no variables."))


class LockSchema(_Body):
    """How long a lock shall last from now."""

    workerId = Name(required=True, shortest=1)
    newDuration = _milliseconds(least=1, required=True)


class TakeSchema(_Body):
    """For how long a worker takes a task."""

    workerId = Name(required=True, shortest=1)
    lockDuration = _milliseconds(least=1, required=True)


class ManyRetriesSchema(_Body):
    """How often several tasks may fail yet."""

    retries = _whole(required=True)
    externalTaskIds = fields.List(
        Name(shortest=1), required=True, validate=validate.Length(min=1, max=MOST_TASKS)
    )


class RetriesSchema(_Body):
    """How often a task may fail yet."""

    retries = _whole(required=True)


class PrioritySchema(_Body):
    """How urgent a task is."""

    priority = fields.Integer(required=True, strict=True, validate=validate.Range(-INT32, INT32 - 1))
