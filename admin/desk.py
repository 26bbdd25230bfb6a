"""The blueprint that every page of the desk belongs to."""

from flask import Blueprint

PREFIX = "/admin"

desk = Blueprint("desk", __name__, url_prefix=PREFIX, template_folder="templates")
