"""Files of keys: the YAML and JSON that `demi kv export` writes, and what others print; pure."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from demi_adapters.errors import ConfigurationError

_BASE64 = "base64"
_NO_VALUE = "its value must be text, or {base64: ...}."


@dataclass(frozen=True, slots=True)
class Item:
    """A key that a file names; `why` says what is wrong where it has no value."""

    path: str
    value: bytes | None
    why: str = ""


def as_data(value: bytes) -> str | dict[str, str]:
    """A value for JSON or YAML: text, or `{"base64": ...}` where it is none."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {_BASE64: base64.b64encode(value).decode()}


def as_yaml(data: Mapping[str, object], encoding: str) -> str:
    """YAML whose lines are those of the values; in ASCII where there is anything unprintable."""
    text = _as_yaml(data, escape=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return _as_yaml(data, escape=True)
    is_plain = all(c.isprintable() or c == "\n" for c in text)
    return text if is_plain else _as_yaml(data, escape=True)


def _as_yaml(data: Mapping[str, object], *, escape: bool) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Leaves lines of text as they are."""

    def represent(dumper: Dumper, text: str) -> Any:
        is_lines = "\n" in text and not text[0].isspace()
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, "|" if is_lines else None)

    Dumper.add_representer(str, represent)
    return yaml.dump(
        dict(data), Dumper=Dumper, sort_keys=False, allow_unicode=not escape, width=float("inf")
    )


def read_items(data: bytes, where: str) -> list[Item]:
    """The keys in a file: of `demi kv export`, `etcdctl get -w json` or `consul kv export`.

    YAML's values are text as it is written: `017` stays 017.

    Raises:
        ConfigurationError: it is no such file.
    """
    try:
        is_utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")  # PowerShell's > writes it
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where} is no text: {error}.") from None
    try:
        if text.lstrip().startswith(("{", "[")):
            return list(_json_items(text))
        return list(_yaml_items(text))
    except _Malformed as error:
        raise ConfigurationError(
            f"{where} {error} Write it with demi kv export or etcdctl get --prefix -w json."
        ) from None


class _Malformed(ValueError):
    """The rest of a sentence that begins with the file's name."""


def _yaml_items(text: str) -> Iterator[Item]:
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _Malformed(f"is no YAML: {error}") from None
    if root is None:
        raise _Malformed("is empty.")
    if not isinstance(root, yaml.MappingNode):
        raise _Malformed("must hold lines such as 'demi/sr1_lls/felix/api/run: text'.")
    for key, value in root.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            yield Item(f"line {line}", None, "this is no path of a key.")
        elif value.tag == "tag:yaml.org,2002:binary":
            yield _marked_item(key.value, _BASE64, value.value, f"line {line}: ")
        elif isinstance(value, yaml.ScalarNode):
            yield _text_item(key.value, value.value)
        elif isinstance(value, yaml.MappingNode) and len(value.value) == 1:
            [(name, encoded)] = value.value
            yield _marked_item(key.value, name.value, encoded.value, f"line {line}: ")
        else:
            yield Item(key.value, None, f"line {line}: {_NO_VALUE}")


def _json_items(text: str) -> Iterator[Item]:
    try:
        # Objects as tuples of pairs, so that a key that is there twice shows; numbers as written.
        root = json.loads(
            text, object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=str
        )
    except (ValueError, RecursionError) as error:
        raise _Malformed(f"is no JSON: {error}.") from None
    if isinstance(root, list):
        yield from _entries(root, has_encoded_paths=False)
        return
    fields = dict(root)
    if isinstance(fields.get("kvs"), list) or _is_etcd_header(fields.get("header")):
        yield from _entries(fields.get("kvs") or [], has_encoded_paths=True)
        return
    for path, value in root:
        match value:
            case str():
                yield _text_item(path, value)
            case bool():
                yield _text_item(path, str(value).lower())
            case ((str(name), encoded),) if isinstance(value, tuple):
                yield _marked_item(path, name, encoded)
            case _:
                yield Item(path, None, _NO_VALUE)


def _is_etcd_header(value: object) -> bool:
    return isinstance(value, tuple) and "cluster_id" in dict(value)


def _entries(found: list[Any], *, has_encoded_paths: bool) -> Iterator[Item]:
    """Objects with `key` and `value`; etcd leaves an empty value out, Consul writes null."""
    for number, entry in enumerate(found, start=1):
        fields = dict(entry) if isinstance(entry, tuple) else {}
        path = fields.get("key")
        if has_encoded_paths:
            path = _path_of(path)
        if isinstance(path, str):
            yield _marked_item(path, _BASE64, fields.get("value") or "")
        else:
            yield Item(f"entry {number}", None, "its key is no path of a key.")


def _path_of(encoded: object) -> str | None:
    try:
        return _decoded(encoded).decode()
    except (ValueError, TypeError):
        return None


def _text_item(path: str, text: str) -> Item:
    try:
        return Item(path, text.encode())
    except UnicodeEncodeError:
        return Item(path, None, "its value holds half a character (a lone surrogate).")


def _marked_item(path: str, mark: object, encoded: object, where: str = "") -> Item:
    if mark != _BASE64:
        return Item(path, None, where + _NO_VALUE)
    try:
        return Item(path, _decoded(encoded))
    except (ValueError, TypeError):
        return Item(path, None, f"{where}its value is no base64.")


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError("no text")
    return base64.b64decode("".join(text.split()), validate=True)
