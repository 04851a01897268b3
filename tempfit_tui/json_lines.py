"""JSON for programs, an object a line."""

import json
import re

import msgspec

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def json_line(value: object) -> str:
    """Return `value` as a line of JSON, in ASCII: it is valid in any encoding of the output."""
    text = msgspec.json.encode(value).decode()
    return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text)
