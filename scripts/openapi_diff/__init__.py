"""Compares two OpenAPI documents; knows nothing of this project.

`flatten` turns a document into a map from place to facts, `schemas` does so for what a schema says,
`compare` sets two maps side by side, `judge` classes each difference, `report` prints them.
"""
