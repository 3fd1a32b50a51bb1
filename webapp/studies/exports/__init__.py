"""Responses out as they stand in the database, one row a response, streamed in constant memory."""

from webapp.studies.exports.formats import FORMATS as FORMATS
from webapp.studies.exports.formats import export as export
from webapp.studies.exports.selection import Selection as Selection
