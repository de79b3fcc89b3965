"""The one blueprint that all page modules add their routes to."""

from flask import Blueprint

blueprint = Blueprint("pages", __name__)
