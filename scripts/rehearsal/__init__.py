"""Revisions of the API, tried in a copy of the project."""
