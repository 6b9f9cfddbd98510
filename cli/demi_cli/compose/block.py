"""Labels as a block to paste into a compose file."""

from collections.abc import Mapping

import yaml

# Far wider than any value, so that none is broken into lines.
_WIDTH = 2**31


def render_map(labels: Mapping[str, str]) -> str:
    """`labels:` as a map. The keys must be sound labels, which need no quotation marks."""
    return "\n".join(("labels:", *(f"  {key}: {_quoted(labels[key])}" for key in labels)))


def render_list(labels: Mapping[str, str]) -> str:
    """`labels:` as a list."""
    return "\n".join(("labels:", *(f"  - {_quoted(f'{key}={labels[key]}')}" for key in labels)))


def _quoted(text: str) -> str:
    """A YAML text in double quotation marks: only these can hold every character.

    Its dollar signs are doubled, or compose would take them for variables.
    """
    escaped = text.replace("$", "$$")
    raw: str = yaml.safe_dump(
        escaped, default_style='"', width=_WIDTH, allow_unicode=escaped.isprintable()
    )
    return raw.strip()
