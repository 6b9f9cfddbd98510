"""A service's node in a compose file, read."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from demi_adapters.labels import PREFIX
from demi_adapters.problems import shown
from demi_cli.compose.interpolation import TemplateError, fill
from demi_cli.compose.nodes import (
    OVERRIDE,
    RESET,
    Budget,
    Node,
    Place,
    Scalar,
    Sequence,
    fault,
)
from demi_cli.compose.nodes import Mapping as MappingNode
from demi_cli.compose.published import Published, read_port
from demi_cli.compose.scalars import plain_text
from demi_cli.compose.service import Extends, Health, Label, ServicePart

_LABEL = 64  # characters that a label counts as in the budget, beside its own


class Remark(StrEnum):
    """What is worth saying of a compose file beside the problems of its labels."""

    UNSET_VARIABLE = "unset-variable"
    NOT_FOLLOWED = "not-followed"
    DEPLOY_LABELS = "deploy-labels"


class ServiceReader:
    """Reads services with one set of variables; `remarks` collects what is worth saying."""

    def __init__(self, variables: Mapping[str, str], budget: Budget) -> None:
        self._variables = variables
        self._budget = budget
        # A dictionary, since an anchor's line is read each time that it is used.
        self.remarks: dict[tuple[Place, Remark, str], None] = {}

    def remark(self, place: Place, remark: Remark, message: str) -> None:
        """Note something once."""
        self.remarks[place, remark, message] = None

    def read(self, node: Node) -> ServicePart:
        """What a service's node says.

        Raises:
            ConfigurationError: compose would refuse it, or a required variable is missing.
        """
        if not isinstance(node, MappingNode):
            raise fault(node.place, "a service must be a map of keys such as image and labels.")
        self._budget.spend(_LABEL, node.place)
        labels, dropped = self._labels(node.get("labels"))
        mode = node.get("network_mode")
        self._note_the_rest(node)
        return ServicePart(
            labels=labels,
            dropped=dropped,
            ports=tuple(self._ports(node.get("ports"))),
            network_mode=self._optional(mode, "network_mode"),
            health=self._health(node.get("healthcheck")),
            extends=self._extends(node.get("extends")),
            replaced=frozenset(
                key.text for key, value in node.pairs if value.tag in (RESET, OVERRIDE)
            ),
        )

    def _text(self, scalar: Scalar) -> str:
        """A scalar as compose reads it, its variables filled in."""
        text = plain_text(scalar.text) if scalar.is_plain else scalar.text
        try:
            filled = fill(text, self._variables)
        except TemplateError as error:
            raise fault(scalar.place, str(error)) from None
        for name in filled.unset:
            self.remark(
                scalar.place,
                Remark.UNSET_VARIABLE,
                f"variable {name} is not set and counts as empty. Set it, or write "
                f"${{{name}:-default}}.",
            )
        self._budget.spend(len(filled.text), scalar.place)
        return filled.text

    def _optional(self, node: Node | None, key: str) -> str | None:
        if node is None or node.tag == RESET:
            return None
        if not isinstance(node, Scalar):
            raise fault(node.place, f"{key} must be a text.")
        return self._text(node)

    def _labels(self, node: Node | None) -> tuple[dict[str, Label], frozenset[str]]:
        if node is None or node.tag == RESET:
            return {}, frozenset()
        found: dict[str, Label] = {}
        dropped = set()
        if isinstance(node, Sequence):
            found.update(self._listed(item) for item in node.items)
        elif isinstance(node, MappingNode):
            for key, value in node.pairs:
                self._budget.spend(_LABEL + len(key.text), key.place)
                if value.tag == RESET:
                    dropped.add(key.text)
                elif isinstance(value, Scalar):
                    found[key.text] = Label(self._text(value), key.place, is_in_map=True)
                else:
                    raise fault(value.place, f"label {shown(key.text)} must be one text.")
        else:
            raise fault(node.place, "labels must be a list of KEY=VALUE or a map.")
        return found, frozenset(dropped)

    def _listed(self, item: Node) -> tuple[str, Label]:
        if not isinstance(item, Scalar):
            raise fault(item.place, "a label in a list must be one text: write KEY=VALUE.")
        self._budget.spend(_LABEL, item.place)
        name, _, value = self._text(item).partition("=")
        return name, Label(value, item.place, is_in_map=False)

    def _ports(self, node: Node | None) -> Iterator[Published]:
        if node is None or node.tag == RESET:
            return
        if not isinstance(node, Sequence):
            raise fault(node.place, "ports must be a list.")
        for item in node.items:
            yield from read_port(item, self._text, self._budget)

    def _health(self, node: Node | None) -> Health:
        if node is None or node.tag == RESET:
            return Health()
        if not isinstance(node, MappingNode):
            raise fault(node.place, "healthcheck must be a map of keys such as test.")
        disable = self._optional(node.get("disable"), "disable")
        test = node.get("test")
        first = test.items[0] if isinstance(test, Sequence) and test.items else None
        # A text is a shell command, also the text NONE.
        is_none = isinstance(first, Scalar) and self._text(first) == "NONE"
        return Health(
            is_given=True,
            is_disabled=None if disable is None else disable.lower() in ("true", "1", "yes"),
            is_none=None if test is None else is_none,
        )

    def _extends(self, node: Node | None) -> Extends | None:
        if node is None or node.tag == RESET:
            return None
        if isinstance(node, Scalar):
            return Extends(self._text(node), None, node.place)
        if isinstance(node, Sequence):
            raise fault(
                node.place, "extends must be a service's name, or a map of service and file."
            )
        service = self._optional(node.get("service"), "service")
        if service is None:
            raise fault(node.place, "extends must name a service.")
        return Extends(service, self._optional(node.get("file"), "file"), node.place)

    def _note_the_rest(self, node: MappingNode) -> None:
        if (file := node.get("label_file")) is not None:
            self.remark(
                file.place,
                Remark.NOT_FOLLOWED,
                "label_file is not read: its labels are not checked.",
            )
        deploy = node.get("deploy")
        labels = deploy.get("labels") if isinstance(deploy, MappingNode) else None
        if labels is not None and any(name.startswith(PREFIX) for name in _raw_names(labels)):
            self.remark(
                labels.place,
                Remark.DEPLOY_LABELS,
                "labels under deploy do not reach containers. Put them under the service's labels.",
            )


def _raw_names(labels: Node) -> Iterator[str]:
    if isinstance(labels, MappingNode):
        yield from (key.text for key, _ in labels.pairs)
    elif isinstance(labels, Sequence):
        yield from (item.text for item in labels.items if isinstance(item, Scalar))
