"""Reads openapi.yaml, or any OpenAPI document."""
