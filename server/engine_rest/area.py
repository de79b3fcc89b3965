"""The blueprint of /engine-rest; the resources hang their routes on it."""

from __future__ import annotations

from flask import Blueprint, request

from server.engine_rest.kinds import storable
from workflows.errors import NotFound

blueprint = Blueprint("engine_rest", __name__, url_prefix="/engine-rest")


@blueprint.before_request
def refuse_what_no_id_holds() -> None:
    """A path that no database can look up names nothing."""
    try:
        storable(request.path)
    except ValueError:
        raise NotFound("There is no such resource.") from None
