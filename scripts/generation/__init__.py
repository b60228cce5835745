"""Writes what openapi-python-client drops, as generated code."""
