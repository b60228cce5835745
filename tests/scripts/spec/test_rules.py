"""Each rule of the spec, by the example of a small API that is edited to break it."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from rehearsal.project_copy import ROOT
from spec import extension_rules, generator_rules, openapi, references, rules, validity
from spec.openapi import Finding, InvalidSpec, parse


@dataclass
class Case:
    """An edit from `old` to `new`; the finding is on the line of `mark` in the edited text."""

    rule: str
    old: str
    new: str
    mark: str
    says: str


ROLE_NAMES = "x-enum-varnames: [SYSTEM, USER, ASSISTANT, USER_SYSTEM, GROUP"
NAME_OF_SPEAKER = (
    "          description: Name of the speaker.\n        content:\n          type: string"
)
FIRST_SCHEMA = "  schemas:\n    ChatCompletionRequest:"
TOP_P = "          maximum: 1\n          default: 0.95"
PIECES = "          items: {$ref: '#/components/schemas/ChunkChoice'}\n"
PIECE = "          description: The next piece of the content; tags may be cut anywhere.\n"


def bounds_by_model(entry: str) -> str:
    """The bounds of top_p, with one more entry for some models."""
    return TOP_P + "\n          x-bounds:\n            - {" + entry + "}"


FINISH_REASON = """        finish_reason:
          description: Why the generation ended.
          anyOf:
            - $ref: '#/components/schemas/FinishReason'
            - type: string
            - type: 'null'
"""

# The ten ways that come up first.
TEN = {
    "bad reference": Case(
        "reference",
        "items: {$ref: '#/components/schemas/Message'}",
        "items: {$ref: '#/components/schemas/Mesage'}",
        "Mesage",
        "points to nothing; did you mean 'Message'?",
    ),
    "duplicate member names": Case(
        "enum-names",
        ROLE_NAMES,
        ROLE_NAMES.replace("ASSISTANT", "USER"),
        "[SYSTEM, USER, USER,",
        "USER names both 'user' and 'assistant', and one would be lost",
    ),
    "inline enum": Case(
        "inline-enum",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          enum: [one, two]",
        "        content:\n          type: string\n          enum:",
        "move it to components/schemas under its own name (MessageContent, say)",
    ),
    "example that does not validate": Case(
        "example",
        "- {role: user, name: 用户, content: 你好}",
        "- {role: user, name: 用户, content: 5}",
        "content: 5",
        "5 is not of type 'string'",
    ),
    "closed enum": Case(
        "closed-enum",
        FINISH_REASON,
        "        finish_reason:\n          description: Why.\n          anyOf:\n"
        "            - $ref: '#/components/schemas/FinishReason'\n            - type: 'null'\n",
        "- $ref: '#/components/schemas/FinishReason'\n            - type: 'null'",
        "write `anyOf: [{$ref: '#/components/schemas/FinishReason'}, {type: string}]`",
    ),
    "missing source": Case(
        "source",
        "    FinishReason:\n      type: string\n      x-source: guide\n",
        "    FinishReason:\n      type: string\n",
        "    FinishReason:\n",
        "say where this is documented (reference, example, guide, errors)",
    ),
    "wrong default": Case(
        "default", TOP_P, TOP_P.replace("0.95", "1.95"), "1.95", "1.95 is greater than the maximum"
    ),
    "YAML error": Case(
        "yaml",
        "      required: [model, messages]\n",
        "      required: [model, messages\n",
        "      properties:\n        model:\n",
        "check the indentation and the quotes here and just above",
    ),
    "unknown keyword": Case(
        "unknown-keyword",
        "          exclusiveMinimum: 0\n" + TOP_P,
        "          exclusivMinimum: 0\n" + TOP_P,
        "exclusivMinimum",
        "would have no effect; did you mean 'exclusiveMinimum'?",
    ),
    "colliding class names": Case(
        "class-collision",
        FIRST_SCHEMA,
        "  schemas:\n    base_resp: {type: object, x-source: guide, description: Two.}\n"
        + FIRST_SCHEMA.removeprefix("  schemas:\n"),
        "    BaseResp:",
        "base_resp and BaseResp both become BaseResp in base_resp.py, and one would be lost",
    ),
}

# One for each further rule, and the corners of the ten above.
MORE = {
    "a key twice": Case(
        "duplicate-key",
        "          minimum: 1\n          description: |",
        "          minimum: 1\n          minimum: 2\n          description: |",
        "minimum: 2",
        "'minimum' is already on line",
    ),
    "a number as key": Case("yaml", "        '400': {", "        400: {", "400:", "in quotes"),
    "a reference to another file": Case(
        "reference",
        "items: {$ref: '#/components/schemas/Message'}",
        "items: {$ref: 'other.yaml#/Message'}",
        "other.yaml",
        "must start with `#/`",
    ),
    "a reference to a reference": Case(
        "reference",
        FIRST_SCHEMA,
        "  schemas:\n    Alias: {$ref: '#/components/schemas/Role'}\n    Second:\n"
        "      $ref: '#/components/schemas/Alias'\n    ChatCompletionRequest:",
        "$ref: '#/components/schemas/Alias'",
        "refer to its target instead",
    ),
    "a body that is no component": Case(
        "reference",
        "schema: {$ref: '#/components/schemas/ChatCompletionRequest'}",
        "schema: {$ref: '#/info'}",
        "#/info",
        "'#/info' must point to a component, such as '#/components/schemas/Name'",
    ),
    "a response that is a schema": Case(
        "reference",
        "'400': {$ref: '#/components/responses/Failure'}",
        "'400': {$ref: '#/components/schemas/ErrorResponse'}",
        "'400'",
        "such as '#/components/responses/Name'",
    ),
    "a part of a component": Case(
        "reference",
        "items: {$ref: '#/components/schemas/Message'}",
        "items: {$ref: '#/components/schemas/Message/properties/name'}",
        "Message/properties",
        "must point to a component",
    ),
    "a second name for a schema": Case(
        "component",
        FIRST_SCHEMA,
        "  schemas:\n    Alias: {$ref: '#/components/schemas/Role', x-source: guide,"
        " description: Two.}\n    ChatCompletionRequest:",
        "    Alias:",
        "write these where it is used",
    ),
    "OpenAPI 3.0": Case("openapi", "openapi: 3.1.0", "openapi: 3.0.3", "openapi: 3.0.3", "3.1.0"),
    "a field that OpenAPI lacks": Case(
        "openapi",
        "  title: MiniMax Chat Completions API\n",
        "  titel: MiniMax Chat Completions API\n",
        "info:",
        "'title' is a required property",
    ),
    "a type that JSON Schema lacks": Case(
        "openapi",
        "          type: integer\n          format: int64\n          minimum: 1",
        "          type: int\n          format: int64\n          minimum: 1",
        "type: int\n",
        "'int' is not",
    ),
    "a path parameter that is not declared": Case(
        "openapi",
        "  /v1/chat/completions:\n",
        "  /v1/{tenant}/chat/completions:\n",
        "paths:",
        "Path parameter 'tenant'",
    ),
    "nullable": Case(
        "unknown-keyword",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          nullable: true",
        "nullable",
        "`nullable` is OpenAPI 3.0; write `type: [string, 'null']`",
    ),
    "oneOf": Case(
        "oneOf",
        "          description: Who speaks.\n          anyOf:\n",
        "          description: Who speaks.\n          oneOf:\n",
        "oneOf",
        "write anyOf",
    ),
    "allOf": Case(
        "allOf",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER.replace("type: string", "allOf: [{type: string}]"),
        "allOf",
        "write the fields out",
    ),
    "not": Case(
        "not",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          not: {type: integer}",
        "not: {",
        "say it in the description",
    ),
    "title": Case(
        "title",
        "    Usage:\n      type: object\n",
        "    Usage:\n      title: TokenUsage\n      type: object\n",
        "title: TokenUsage",
        "the generator would name the class after it",
    ),
    "inline object": Case(
        "inline-object",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER.replace("type: string", "type: object"),
        "        content:\n          type: object",
        "refer to it: {$ref: '#/components/schemas/MessageContent'}",
    ),
    "inline body": Case(
        "inline-body",
        "            schema: {$ref: '#/components/schemas/ChatCompletionRequest'}\n",
        "            schema: {type: string}\n",
        "schema: {type: string}\n            examples:",
        "must be a $ref to a named component",
    ),
    "a component's name that is no class's": Case(
        "component-name",
        FIRST_SCHEMA,
        "  schemas:\n    tool_call: {type: object, x-source: guide, description: Two.}\n"
        "    ChatCompletionRequest:",
        "    tool_call:",
        "the generator calls this ToolCall",
    ),
    "modules that differ in case only": Case(
        "class-collision",
        FIRST_SCHEMA,
        "  schemas:\n    BaseRESP: {type: object, x-source: guide, description: Two.}\n"
        "    ChatCompletionRequest:",
        "    BaseResp:",
        "BaseRESP and BaseResp both become",
    ),
    "two fields that become one attribute": Case(
        "property-name",
        NAME_OF_SPEAKER,
        "          description: Name of the speaker.\n        Name:\n          type: string\n"
        "          x-source: example\n          description: Twin.\n"
        "        content:\n          type: string",
        "        Name:\n",
        "name and Name both become the attribute name",
    ),
    "a field that is no identifier": Case(
        "property-name",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER.replace("content:", "'x-content':"),
        "'x-content':",
        "cannot be an attribute",
    ),
    "an option that is a keyword of Python": Case(
        "property-name",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER.replace("content:", "from:"),
        "        from:",
        "cannot be an option of create()",
    ),
    "a required field that does not exist": Case(
        "required",
        "      required: [model, messages]\n",
        "      required: [model, mesages]\n",
        "[model, mesages]",
        "'mesages' is required but not a property of ChatCompletionRequest",
    ),
    "no member names": Case(
        "enum-names",
        "      x-enum-varnames: [STOP, LENGTH]\n",
        "",
        "    FinishReason:",
        "give each of the 2 values a NAME",
    ),
    "too few member names": Case(
        "enum-names",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: [STOP]",
        "x-enum-varnames: [STOP]",
        "1 entries for 2 values",
    ),
    "a member name that the generator would change": Case(
        "enum-names",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: [Stop, LENGTH]",
        "x-enum-varnames: [Stop",
        "write it like STOP",
    ),
    "codes without a meaning": Case(
        "enum-descriptions",
        "      x-enum-descriptions:\n        - success\n",
        "      x-note:\n        - success\n",
        "    StatusCode:",
        "say what each code means",
    ),
    "a value twice": Case(
        "enum-values",
        "enum: [stop, length]",
        "enum: [stop, stop]",
        "enum: [stop, stop]",
        "'stop' is listed twice",
    ),
    "a value that YAML versions read differently": Case(
        "yaml",
        "enum: [stop, length]",
        "enum: [stop, no]",
        "enum: [stop, no]",
        "no means different things in YAML 1.1 and 1.2; put it in quotes",
    ),
    "null among the values": Case(
        "enum-values",
        "      enum: [stop, length]",
        "      enum: [stop, null]",
        "enum: [stop, null]",
        "None is not of type string",
    ),
    "an enumeration without a type": Case(
        "enum-values",
        "    FinishReason:\n      type: string\n",
        "    FinishReason:\n",
        "    FinishReason:",
        "must have `type: string`",
    ),
    "a retry of a code that does not exist": Case(
        "enum-values",
        "x-retryable: [1000,",
        "x-retryable: [999,",
        "x-retryable: [999",
        "999 is not a value of StatusCode",
    ),
    "a closed enum as a field": Case(
        "closed-enum",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER.replace("type: string", "$ref: '#/components/schemas/Role'"),
        "        content:\n          $ref",
        "a closed enumeration: a value that Role does not list",
    ),
    "an enum beside a narrower format": Case(
        "closed-enum",
        FINISH_REASON,
        FINISH_REASON.replace("type: string\n", "type: string\n              format: uuid\n"),
        "- $ref: '#/components/schemas/FinishReason'\n            - type: string\n"
        "              format: uuid\n",
        "a closed enumeration: a value that FinishReason does not list",
    ),
    "a closed enum in a list": Case(
        "closed-enum",
        "items: {$ref: '#/components/schemas/Message'}",
        "items: {$ref: '#/components/schemas/Role'}",
        "items: {$ref: '#/components/schemas/Role'}",
        "a closed enumeration",
    ),
    "a source that does not exist": Case(
        "source",
        "    FinishReason:\n      type: string\n      x-source: guide\n",
        "    FinishReason:\n      type: string\n      x-source: hearsay\n",
        "x-source: hearsay",
        "'hearsay' is not a key of x-sources",
    ),
    "no description": Case(
        "description",
        "          description: Name of the speaker.\n        content:\n",
        "        content:\n",
        "        name:\n          type: string\n          x-source: example\n        content:",
        "needs a description",
    ),
    "something required of a response": Case(
        "response-required",
        "    Choice:\n      type: object\n",
        "    Choice:\n      type: object\n      required: [index]\n",
        "required: [index]",
        "no field of a response is required",
    ),
    "a response that cannot be null": Case(
        "response-null",
        "        total_tokens:\n          type: [integer, 'null']\n",
        "        total_tokens:\n          type: integer\n",
        "        total_tokens:\n",
        "may be null, as any field of a response",
    ),
    "a response without room for more": Case(
        "response-open",
        "    Choice:\n      type: object\n",
        "    Choice:\n      type: object\n      additionalProperties: false\n",
        "additionalProperties: false",
        "would lose the fields that no page lists",
    ),
    "events first": Case(
        "event-stream-first",
        "      content:\n        application/json:\n          schema: {$ref:",
        "      content:\n        text/event-stream:\n"
        "          schema: {$ref: '#/components/schemas/ErrorResponse'}\n"
        "        application/json:\n          schema: {$ref:",
        "        text/event-stream:\n          schema:",
        "put application/json before it",
    ),
    "an operation without a name": Case(
        "operation",
        "      operationId: createChatCompletion\n",
        "",
        "    post:",
        "needs an operationId",
    ),
    "an operation with two tags": Case(
        "operation", "tags: [chat]", "tags: [chat, text]", "    post:", "needs exactly one tag"
    ),
    "a server without a region": Case(
        "server", "    x-region: cn\n", "", "  - url: https://api.minimaxi.com", "needs an x-region"
    ),
    "a default in a schema of no type": Case(
        "default",
        "          type: boolean\n          default: false",
        "          type: boolean\n          default: off or on",
        "default: off or on",
        "'off or on' is not of type 'boolean'",
    ),
    "sources that are no mapping": Case(
        "extension",
        "x-sources:\n",
        "x-sources: [reference]\nx-old:\n",
        "x-sources:",
        "must be a mapping",
    ),
    "member names that are no list": Case(
        "extension",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: STOP, LENGTH",
        "x-enum-varnames: STOP",
        "one entry for each value of FinishReason",
    ),
    "a schema that is true": Case(
        "boolean-schema",
        "items: {$ref: '#/components/schemas/Message'}",
        "items: true",
        "items: true",
        "{} for anything",
    ),
    "a field named like its own component": Case(
        "property-name",
        FIRST_SCHEMA,
        "  schemas:\n    ThinkingTokens:\n      type: object\n      x-source: guide\n"
        "      description: Two.\n      properties:\n        thinking_tokens:\n"
        "          type: integer\n          description: How many.\n"
        "    ChatCompletionRequest:",
        "        thinking_tokens:",
        "generated as thinking_tokens.py, whose code uses the name thinking_tokens for the object "
        "itself; rename the component (ThinkingTokensInfo, say)",
    ),
    "a source of a value that does not exist": Case(
        "source",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: [STOP, LENGTH]\n      x-enum-sources: {stop: hearsay}",
        "x-enum-sources: {stop",
        "'hearsay' is not a key of x-sources",
    ),
    "a source of a value that is none": Case(
        "source",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: [STOP, LENGTH]\n      x-enum-sources: {stopp: guide}",
        "x-enum-sources: {stopp",
        "'stopp' is not a value of FinishReason",
    ),
    "sources of values that are no mapping": Case(
        "source",
        "x-enum-varnames: [STOP, LENGTH]",
        "x-enum-varnames: [STOP, LENGTH]\n      x-enum-sources: [guide, guide]",
        "x-enum-sources: [guide",
        "must be a mapping from values of FinishReason to their sources",
    ),
    "a streamed text that does not say how it is merged": Case(
        "merge",
        PIECE + "          x-merge: append\n",
        PIECE,
        "        content:\n          type: [string, 'null']\n" + PIECE,
        "a text that is streamed in pieces must say how they are merged, or pieces would be "
        "lost; write x-merge: append | append-or-cumulative | replace",
    ),
    "a streamed list that does not say how it is merged": Case(
        "merge",
        "          description: The pieces.\n          x-merge: by-index\n",
        "          description: The pieces.\n",
        "        choices:\n          type: [array, 'null']\n          description: The pieces.",
        "a list of objects that is streamed in pieces must say how they are merged, or pieces "
        "would be lost; write x-merge: by-index | append | replace",
    ),
    "a way to merge that there is not": Case(
        "merge",
        PIECE + "          x-merge: append\n",
        PIECE + "          x-merge: by-index\n",
        "x-merge: by-index\n    ErrorResponse",
        "'by-index' does not apply to a text; write append | append-or-cumulative | replace",
    ),
    "a way to merge an object": Case(
        "merge",
        "          description: The piece.\n",
        "          description: The piece.\n          x-merge: append\n",
        "x-merge: append\n          x-empty",
        "an object takes no x-merge",
    ),
    "a way to merge what no stream has": Case(
        "merge",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-merge: append",
        "x-merge: append\n          x-source: example",
        "Message is not streamed",
    ),
    "pieces of a text that make up another field": Case(
        "merge",
        PIECE,
        PIECE + "          x-merge-into: text\n",
        "x-merge-into",
        "belongs on an object",
    ),
    "bounds by model that are no list": Case(
        "bounds", TOP_P, TOP_P + "\n          x-bounds: {maximum: 1}", "x-bounds", "write [{models"
    ),
    "bounds of a text by model": Case(
        "bounds",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-bounds: [{models: [MiniMax-M2.7], x-source: guide}]",
        "x-bounds",
        "belongs on a number",
    ),
    "bounds for no model": Case(
        "bounds", TOP_P, bounds_by_model("x-source: guide, maximum: 2"), "- {x-so", "needs `models`"
    ),
    "bounds by model without a source": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7], maximum: 2"),
        "- {models",
        "has `models`, `x-source`, and one or more of minimum, exclusiveMinimum, maximum",
    ),
    "a bound by model that there is not": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7], x-source: guide, maximal: 2"),
        "- {models",
        "has `models`, `x-source`, and one or more of minimum, exclusiveMinimum, maximum",
    ),
    "a bound by model that is no number": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7], x-source: guide, maximum: two"),
        "- {models",
        "'two' is not a number",
    ),
    "bounds for a model that there is not": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.77], x-source: guide, maximum: 2"),
        "- {models",
        "'MiniMax-M2.77' is not a documented model; did you mean 'MiniMax-M2.7'?",
    ),
    "two bounds for a model": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7, MiniMax-M2.7], x-source: guide, maximum: 2"),
        "- {models",
        "'MiniMax-M2.7' already has its own bounds",
    ),
    "a condition on no field": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-required-when: {rule: tool}",
        "x-required-when",
        "must be a mapping from other fields of the same object to their values",
    ),
    "a condition on a value that there is not": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-required-when: {role: usr}",
        "x-required-when",
        "'usr' is not a documented value of role; did you mean 'user'?",
    ),
    "a condition on a list of values": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-required-when: {role: [user]}",
        "x-required-when",
        "['user'] is not a single value",
    ),
    "a misspelt extension": Case(
        "unknown-keyword",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-required-wen: {role: user}",
        "x-required-wen",
        "'x-required-wen' would have no effect; did you mean 'x-required-when'?",
    ),
    "an extension of fields on a component": Case(
        "extension",
        "    Choice:\n      type: object\n",
        "    Choice:\n      type: object\n      x-merge: append\n",
        "x-merge: append\n      x-source",
        "x-merge belongs on a field of a component",
    ),
    "an extension of components on a field": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-max-body-bytes: 5",
        "x-max-body-bytes",
        "x-max-body-bytes belongs on a component",
    ),
    "a size of what is no body": Case(
        "extension",
        "    Message:\n      type: object\n",
        "    Message:\n      type: object\n      x-max-body-bytes: 5\n",
        "x-max-body-bytes",
        "Message is not the body of a request",
    ),
    "a size of data on a number": Case(
        "extension",
        TOP_P,
        TOP_P + "\n          x-max-data-bytes: 5",
        "x-max-data-bytes",
        "on a string",
    ),
    "media types that are none": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-media-types: png",
        "x-media-types",
        "must be a list of media types",
    ),
    "what no answer carries": Case(
        "extension",
        "    Message:\n      type: object\n",
        "    Message:\n      type: object\n      x-received-as: ChoiceMesage\n",
        "x-received-as",
        "no answer has 'ChoiceMesage'; did you mean 'ChoiceMessage'?",
    ),
    "bounds by model from a source that there is not": Case(
        "source",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7], x-source: hearsay, maximum: 2"),
        "- {models",
        "'hearsay' is not a key of x-sources",
    ),
    "bounds by model that allow nothing": Case(
        "bounds",
        TOP_P,
        bounds_by_model("models: [MiniMax-M2.7], x-source: guide, minimum: 3, maximum: 1"),
        "- {models",
        "allows no number at all",
    ),
    "a text in an object of the event that does not say how it is merged": Case(
        "merge",
        PIECES,
        PIECES + "        note:\n          description: A note.\n"
        "          anyOf: [{$ref: '#/components/schemas/Note'}, {type: 'null'}]\n"
        "    Note:\n      type: object\n      x-source: guide\n      description: A note.\n"
        "      properties:\n        text: {type: [string, 'null'], description: A note.}\n",
        "        text: {",
        "a text that is streamed in pieces must say how",
    ),
    "an object or a list of them that does not say how it is merged": Case(
        "merge",
        PIECES,
        PIECES + "        note:\n          description: A note.\n          anyOf:\n"
        "            - $ref: '#/components/schemas/Delta'\n"
        "            - type: array\n              items: {$ref: '#/components/schemas/Delta'}\n"
        "            - type: 'null'\n",
        "        note:",
        "a list of objects that is streamed in pieces must say how",
    ),
    "pieces that make up a field which the whole has not": Case(
        "merge",
        "          description: The piece.\n",
        "          description: The piece.\n          x-merge-into: mesage\n",
        "x-merge-into",
        "the whole answer has no object 'mesage' where the pieces belong; did you mean 'message'?",
    ),
    "pieces that make up what is no object": Case(
        "merge",
        "          description: The piece.\n",
        "          description: The piece.\n          x-merge-into: index\n",
        "x-merge-into",
        "the whole answer has no object 'index'",
    ),
    "a size that is no number": Case(
        "extension",
        NAME_OF_SPEAKER,
        NAME_OF_SPEAKER + "\n          x-max-data-bytes: 5 MB",
        "x-max-data-bytes",
        "'5 MB' is not a number of bytes",
    ),
    "a size of a request that is no number": Case(
        "extension",
        "      description: A conversation to be answered, and how.\n",
        "      description: A conversation to be answered, and how.\n      x-max-body-bytes: 0\n",
        "x-max-body-bytes",
        "0 is not a number of bytes",
    ),
    "a condition on what no request has": Case(
        "extension",
        PIECE,
        PIECE + "          x-required-when: {content: hi}\n",
        "x-required-when",
        "no request has Delta, so x-required-when has no effect",
    ),
}


CASES = {**TEN, **MORE}
SMALL_API = Path(__file__).parents[1] / "fixtures/small-api.yaml"
TEXT = SMALL_API.read_text(encoding="utf-8")


def findings_of(text: str) -> list[Finding]:
    try:
        spec = parse(text)
    except InvalidSpec as error:
        return error.findings
    return rules.check(spec)


def edited(*replacements: tuple[str, str]) -> str:
    text = TEXT
    for old, new in replacements:
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("case", [*CASES.values()], ids=[*CASES])
def test_broken_rule_is_found_with_line_and_advice(case: Case) -> None:
    text = edited((case.old, case.new))
    line = text[: text.index(case.mark)].count("\n") + 1
    findings = findings_of(text)
    assert any(
        (finding.line, finding.rule) == (line, case.rule) and case.says in finding.message
        for finding in findings
    ), "\n".join([f"expected {line}: [{case.rule}] {case.says}", *map(str, findings)])


@pytest.mark.parametrize("path", [ROOT / "openapi.yaml", SMALL_API], ids=["contract", "small API"])
def test_contract_and_small_api_break_no_rule(path: Path) -> None:
    assert findings_of(path.read_text(encoding="utf-8")) == []


def test_every_rule_has_a_case() -> None:
    modules = (openapi, references, validity, generator_rules, extension_rules)
    position = {"finding": 1, "Finding": 1, "_invalid": 3, "check": 2}
    known: set[str] = {*generator_rules.REFUSED}
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if called in position and isinstance(node.args[position[called]], ast.Constant):
                    known.add(ast.literal_eval(node.args[position[called]]))
    assert known == {case.rule for case in CASES.values()}


def test_findings_of_a_stage_are_reported_together_in_the_order_of_the_document() -> None:
    text = edited(
        ("enum: [stop, length]", "enum: [stop, stop]"), (TOP_P, TOP_P.replace("0.95", "2"))
    )
    assert [finding.rule for finding in findings_of(text)] == ["default", "enum-values"]


# --- whatever is in the document, a finding and no crash -----------------------------------------


def places(node: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    entries = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in entries:
        yield (*place, key)
        if isinstance(child, dict | list):
            yield from places(child, (*place, key))


BODY = ("paths", "/v1/chat/completions", "post", "requestBody", "content", "application/json")
VALUES = [None, True, 5, 1.5, "x", [], {}, [1], {"a": 1}, {"$ref": "#/info"}]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(places(yaml.safe_load(TEXT)), key=str)), st.sampled_from(VALUES))
@example(("components", "schemas", "ModelId", "enum", 0), [1])
@example((*BODY, "schema"), {"$ref": "#/info"})
def test_check_copes_with_any_value_at_any_place(
    place: tuple[str | int, ...], value: object
) -> None:
    spec = parse(TEXT)
    *parents, last = place
    node: Any = spec.data
    for key in parents:
        node = node[key]
    node[last] = value
    for finding in rules.check(spec):
        assert re.match(r"\d+: \[[\w-]+\] #.*: .", str(finding), re.DOTALL)
        assert 1 <= finding.line <= TEXT.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "a: *nowhere\n",
        "a: !!python/object:os.system {}\n",
        "a: '\n",
        "a: 2026-01-01\n",
        "no: 1\n",
    ],
)
def test_yaml_that_programs_read_differently_or_not_at_all_is_refused(text: str) -> None:
    assert [finding.rule for finding in findings_of(text)] == ["yaml"]


@pytest.mark.parametrize("text", ["", "- a list\n", "# nothing but this\n", "words\n"])
def test_document_that_is_no_mapping_is_refused(text: str) -> None:
    (finding,) = findings_of(text)
    assert str(finding) == "1: [yaml] #: not an OpenAPI document: not a mapping"
