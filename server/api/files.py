"""`/files`: files on their way, sent one by one before the form that names them."""

from __future__ import annotations

from flask import Response, request
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from handlers import uploads
from server.api import repeating
from server.api.area import blueprint
from server.api.fields import text, whole
from server.guard import guard
from server.limited import limited
from server.pages.transfers import ENTERING
from server.traffic.rates import UPLOADS
from server.traffic.repeats import Answer
from workflows.actor import Actor
from workflows.errors import FieldError, InvalidInput

CHUNK = 64 * 1024


class FileSchema(Schema):
    """A file that was taken in and waits for the form that names it."""

    id = text("What the form names it by; good for this account only.", "0f8d5c1e9a7b4c63")
    filename = text("Its name, made harmless.", "验收材料.pdf")
    media_type = text("What it is, by its content.", "application/pdf")
    size = whole("Its bytes.", 48211)
    sha256 = text("SHA-256 of what is stored, in hexadecimal digits.", "9f86d081884c7d659a2feaa0c55ad015…")


@blueprint.post("/files", tags=["transfers"])
@guard(roles=ENTERING)
@limited(UPLOADS)
@blueprint.response(201, FileSchema, description="The file is taken in.")
@blueprint.doc(
    parameters=[repeating.PARAMETER],
    requestBody={
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "The file with its name.",
                        }
                    },
                    "required": ["file"],
                }
            }
        },
    },
)
def send_file(actor: Actor) -> Response:
    """Send one file.

    Its kind is told by its content, whatever its name and the client say. What tells of its maker (camera, place, author)
    is taken out of pictures, PDF and office documents, so size and digest are those of what is stored; locked and broken
    ones are refused. A file that no form names within
    90 days is deleted. The whole request may be as long as `DUBAN_UPLOAD_MB` says; beyond it the answer is 413.
    """
    file = _file()
    content = b"".join(iter(lambda: file.stream.read(CHUNK), b""))
    if not content:
        raise InvalidInput(
            "The file is empty.", fields={"file": FieldError("file_empty", _says("It is empty."))}
        )
    name = uploads.safe_name(file.filename or "")

    def keep(session: Session) -> Answer:
        row = uploads.keep(session, login=actor.id, filename=name, content=content)
        return Answer(FileSchema().dump(row))

    return repeating.done(actor, [name, uploads.digest(content)], keep, status=201)


def _file() -> FileStorage:
    sent = request.files.getlist("file")
    if len(sent) != 1 or len(request.files) != 1 or not sent[0].filename:
        message = "Send exactly one file, as the part `file` of multipart/form-data, with its name."
        raise InvalidInput(message, fields={"file": FieldError("file", _says(message))})
    return sent[0]


def _says(message: str) -> dict[str, str]:
    return {"message": message}
