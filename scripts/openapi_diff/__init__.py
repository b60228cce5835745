"""Compares two OpenAPI documents; knows nothing of this project."""
