"""Definitions: checking files, deploying them, drawing on at them, and finding what is deployed."""

from workflows.definitions import drafts, publishing
from workflows.definitions.checking import check, know_roles
from workflows.definitions.deploying import Force, delete_deployment, deploy, deployed_before, set_suspended
from workflows.definitions.duties import know_duties
from workflows.definitions.finding import get, latest, list_definitions, list_deployments, resources, xml
from workflows.definitions.publishing import Drawn, check_diagram, publish
from workflows.definitions.stages import know_stages
from workflows.definitions.standing import Standing, standings
from workflows.deployed import compiled, decision, form

__all__ = [
    "Drawn",
    "Force",
    "Standing",
    "check",
    "check_diagram",
    "compiled",
    "decision",
    "delete_deployment",
    "deploy",
    "deployed_before",
    "drafts",
    "form",
    "get",
    "know_duties",
    "know_roles",
    "know_stages",
    "latest",
    "list_definitions",
    "list_deployments",
    "publish",
    "publishing",
    "resources",
    "set_suspended",
    "standings",
    "xml",
]
