"""JSON bodies drawn from the components of openapi.yaml: all that a schema allows, and no more."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Handed on to the tests that draw bodies.
from properties import MORE as MORE, examples as examples
from spec_reading import BOUNDS, Spec, conditions, edges, effective, fields, resolved

Bodies = st.SearchStrategy[dict[str, Any]]

# Tags, line ends, byte order marks, null characters, other scripts: readers stumble over these.
STRINGS = ["", "<think>", "</think>", "<think>\n好</think>\n\n你好", "\ufeff", "\u2028", "\0", "😀"]
TEXTS = st.one_of(st.sampled_from(STRINGS), st.text(max_size=8))
INTEGERS = st.one_of(
    st.sampled_from([0, 1, -1, 7, 200, 1002, 2**63 - 1, -(2**63)]), st.integers(-(10**6), 10**12)
)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    INTEGERS,
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
    st.sampled_from([[], {}, [None], {"a": [{"b": ""}]}]),
)
# Without `error`: an object of this name is a failure, documented or not.
UNKNOWN = st.dictionaries(
    st.one_of(
        st.sampled_from(["reasoning_content", "service_tier", "nvext", "additional_properties"]),
        st.text(max_size=6).map("x_{}".format),
    ),
    VALUES,
    max_size=2,
)


JSON: st.SearchStrategy[Any] = st.recursive(
    VALUES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
)


def bodies(spec: Spec, component: str, *, unknown: bool = True) -> Bodies:
    """Objects of a component; `unknown`: with undocumented fields at every level."""
    return _of_each_model(spec, component, unknown=unknown, wrong=False)


def nearly(spec: Spec, component: str) -> Bodies:
    """Objects with violations: a wrong value, a number out of bounds, a missing field."""
    return _of_each_model(spec, component, unknown=True, wrong=True)


def _of_each_model(spec: Spec, component: str, **options: bool) -> Bodies:
    """The bodies of a component; where bounds depend on the model, of each model."""
    named = {
        model
        for field in fields(spec["components"]["schemas"][component]).values()
        for bounds in field.get("x-bounds", ())
        for model in bounds["models"]
    }

    def of(model: str) -> Bodies:
        drawn = _bodies(effective(spec, model), component, **options)
        return drawn.map(lambda body: body | {"model": model})

    # The field's own bounds hold for models that are not named.
    others = _bodies(spec, component, **options).filter(
        lambda body: not any(body.get("model") == model for model in named)
    )
    return st.one_of([others, *map(of, sorted(named))])


def _bodies(spec: Spec, component: str, *, unknown: bool, wrong: bool) -> Bodies:
    cache: dict[str, st.SearchStrategy[Any]] = {}

    def of(schema: Spec) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            name = schema["$ref"]
            if name not in cache:
                # A component may contain itself.
                cache[name] = st.deferred(lambda: of(resolved(spec, schema)))
            return cache[name]
        if not wrong:
            return allowed(schema)
        return st.integers(0, 9).flatmap(lambda dice: allowed(schema) if dice else VALUES)

    def allowed(schema: Spec) -> st.SearchStrategy[Any]:
        if "anyOf" in schema:
            return st.one_of([of(each) for each in schema["anyOf"]])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if "type" not in schema:
            return JSON
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return st.one_of([of_type(kind, schema) for kind in kinds])

    def of_type(kind: str, schema: Spec) -> st.SearchStrategy[Any]:
        if kind == "object":
            return of_object(schema)
        if kind == "array":
            least = schema.get("minItems", 0)
            most = min(schema.get("maxItems", least + 3), least + 3)
            return st.lists(of(schema.get("items", {})), min_size=least, max_size=most)
        if kind in ("integer", "number"):
            return of_numbers(kind, {key: schema[key] for key in BOUNDS if key in schema})
        if kind == "string" and "pattern" in schema:
            return st.from_regex(schema["pattern"])
        if kind == "string" and {"minLength", "maxLength"} & schema.keys():
            return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))
        return {"string": TEXTS, "boolean": st.booleans(), "null": st.none()}[kind]

    def of_object(schema: Spec) -> st.SearchStrategy[Any]:
        known = {name: of(each) for name, each in fields(schema).items()}
        needed = [*schema.get("required", ())]
        more = schema.get("additionalProperties", True)
        others: st.SearchStrategy[dict[str, Any]] = st.just({})
        if isinstance(more, dict):
            others = st.dictionaries(st.text(max_size=6), of(more), max_size=3)
        elif not known:
            others = st.dictionaries(st.text(max_size=6), JSON, max_size=3)
        elif more and unknown:
            others = UNKNOWN
        of_fields = st.fixed_dictionaries(
            {name: known[name] for name in needed},
            optional={name: each for name, each in known.items() if name not in needed},
        )

        @st.composite
        def drawn(draw: st.DrawFn) -> dict[str, Any]:
            body = {name: each for name, each in draw(others).items() if name not in known}
            body |= draw(of_fields)
            if wrong:
                if needed and not draw(st.integers(0, 9)):
                    del body[draw(st.sampled_from(needed))]
                return body
            for name, when in conditions(schema).items():
                if name not in body and all(
                    body.get(sibling) in values for sibling, values in when.items()
                ):
                    body[name] = draw(known[name])
            return body

        return drawn()

    def of_numbers(kind: str, bounds: Spec) -> st.SearchStrategy[Any]:
        low = bounds.get("minimum", bounds.get("exclusiveMinimum"))
        high = bounds.get("maximum", bounds.get("exclusiveMaximum"))
        last, first = edges({"type": kind, **bounds})
        if wrong and bounds:
            last += first
            low = None if low is None else low - 2
            high = None if high is None else high + 2
            bounds = {}
        if kind == "integer":
            if low is None and high is None:
                return INTEGERS
            least = -(2**63) if low is None else low + ("exclusiveMinimum" in bounds)
            most = 2**63 - 1 if high is None else high - ("exclusiveMaximum" in bounds)
            drawn: st.SearchStrategy[Any] = st.integers(least, most)
        else:
            drawn = st.floats(
                low,
                high,
                exclude_min="exclusiveMinimum" in bounds,
                exclude_max="exclusiveMaximum" in bounds,
                allow_nan=False,
                allow_infinity=False,
            )
        return st.one_of(st.sampled_from(last), drawn) if last else drawn

    return of_object(spec["components"]["schemas"][component])
