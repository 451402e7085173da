"""Requests held against the documentation of their host (shapes/*.json): which there are, what each
takes, of what type. Of the words of a query all are text, so a number is one by its digits."""

import json
import os
import re
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shapes")


def load(host):
    with open(os.path.join(HERE, host + ".json"), encoding="utf-8") as f:
        return json.load(f)["requests"]


def fits(value, shape):
    """Why a value is not of this shape; None when it is."""
    if isinstance(shape, dict):
        return misses(value, shape) if isinstance(value, dict) else "is no object"
    if isinstance(shape, list):
        if not isinstance(value, list):
            return "is no list"
        return next((why for x in value if (why := fits(x, shape[0]))), None)
    kinds = {"string": str, "integer": int, "boolean": bool}
    if shape in kinds:
        good = isinstance(value, kinds[shape]) and isinstance(value, bool) == (shape == "boolean")
        return None if good else f"is no {shape}"
    return None if value in shape.split("|") else f"is none of {shape}"


def misses(given, wanted):
    names = {k.rstrip("!"): v for k, v in wanted.items()}
    for name in wanted:
        if name.endswith("!") and name[:-1] not in given:
            return f"lacks {name[:-1]}"
    for name, value in given.items():
        if name not in names:
            return f"has {name}, which is not documented"
        why = fits(value, names[name])
        if why:
            return f"{name} {why}: {value!r}"
    return None


def judge(shapes, method, target, body):
    """Why a request (its path begins behind that of the API) is not as documented; None: it is."""
    url = urlsplit(target)
    for shape in shapes:
        verb, path = shape["ask"].split(" ")
        if verb == method and re.fullmatch(re.sub(r":[a-z]+", "[^/]+", path), url.path):
            query = {k: int(v) if re.fullmatch("[0-9]{1,9}", v) else v
                     for k, v in parse_qsl(url.query, keep_blank_values=True)}
            why = misses(query, shape.get("query", {}))
            why = why or misses(json.loads(body) if body else {}, shape.get("body", {}))
            return f"{method} {unquote(target)}: {why}" if why else None
    return f"{method} {unquote(target)}: is not documented"
