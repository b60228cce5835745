"""The rules of openapi.yaml, in the order in which they are checked.

What the generator would drop or rename without a word is refused here, each finding with its line,
the name of its rule and what to do about it.
"""

from __future__ import annotations

from spec import extension_rules, generator_rules, references, validity
from spec.openapi import Finding, Spec

# The rules of a stage rely on the stages before it.
STAGES = (
    [references.references],
    [validity.document],
    [extension_rules.shapes, generator_rules.boolean_schemas],
    [
        generator_rules.component_names,
        generator_rules.property_names,
        generator_rules.required_properties,
        generator_rules.enumerations,
        generator_rules.open_enumerations,
        generator_rules.keywords,
        generator_rules.inline_schemas,
        generator_rules.responses,
        generator_rules.bodies,
        generator_rules.operations,
        extension_rules.places,
        extension_rules.streams,
        extension_rules.requests,
        extension_rules.sources,
        extension_rules.descriptions,
        extension_rules.servers,
        validity.examples_and_defaults,
    ],
    [validity.across_the_document],
)


def check(spec: Spec) -> list[Finding]:
    """The broken rules of the first stage that has any, in the order of the document."""
    for stage in STAGES:
        findings = {finding for rule in stage for finding in rule(spec)}
        if findings:
            return sorted(findings)
    return []
