"""The services of compose files, with `extends` followed."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

from demi_adapters.problems import shown
from demi_cli.compose.nodes import RESET, Budget, Node, Place, fault
from demi_cli.compose.nodes import Mapping as MappingNode
from demi_cli.compose.reading import read_documents
from demi_cli.compose.service import ComposeService, Extends, ServicePart, merge
from demi_cli.compose.service_reader import Remark, ServiceReader

_LONGEST_CHAIN = 50  # a guess: services that extend services; nobody follows ten

# Reads the file that a service extends; the place is where it is named.
Load = Callable[[str, Place], str]


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its name as it is shown, and what each of its documents says of a service."""

    file: str
    definitions: Mapping[str, tuple[Node, ...]]


@dataclass(frozen=True, slots=True)
class Project:
    """The merged services, by name, and what is worth saying of the files."""

    services: tuple[ComposeService, ...]
    remarks: tuple[tuple[Place, Remark, str], ...]


def read_project(files: Mapping[str, str], variables: Mapping[str, str], load: Load) -> Project:
    """The services of files (name to text) that are merged in this order.

    Raises:
        ConfigurationError: one can't be read, or compose would refuse it.
    """
    budget = Budget()
    reader = ServiceReader(variables, budget)
    return _ProjectReader(reader, budget, load).read(files)


class _ProjectReader:
    def __init__(self, reader: ServiceReader, budget: Budget, load: Load) -> None:
        self._reader = reader
        self._budget = budget
        self._load = load
        self._sources: dict[str, Source] = {}

    def read(self, files: Mapping[str, str]) -> Project:
        sources = [self._source(file, text) for file, text in files.items()]
        names = dict.fromkeys(name for source in sources for name in source.definitions)
        services = []
        for name in names:
            parts = [
                (self._resolved(source, name, ()), source.definitions[name][-1].place)
                for source in sources
                if name in source.definitions
            ]
            whole = reduce(merge, (part for part, _ in parts))
            services.append(ComposeService(name, whole, parts[0][1]))
        return Project(tuple(services), tuple(self._reader.remarks))

    def _source(self, file: str, text: str) -> Source:
        definitions: dict[str, tuple[Node, ...]] = {}
        self._budget.spend(len(text), Place(file, 1))
        documents = read_documents(text, file, self._budget)
        if not documents:
            raise fault(Place(file, 1), "the file is empty. Write services: and their names.")
        for document in documents:
            for name, node in self._services(document):
                before = () if node.tag == RESET else definitions.pop(name, ())
                definitions[name] = (*before, node)
        kept = {name: nodes for name, nodes in definitions.items() if nodes[-1].tag != RESET}
        return self._sources.setdefault(file, Source(file, kept))

    def _services(self, document: Node) -> Iterator[tuple[str, Node]]:
        if not isinstance(document, MappingNode):
            raise fault(document.place, "this is no compose file. Write services: and their names.")
        if (include := document.get("include")) is not None:
            self._reader.remark(
                include.place,
                Remark.NOT_FOLLOWED,
                "include is not followed: name the included files on the command line as well.",
            )
        services = document.get("services")
        if services is None:
            return
        if not isinstance(services, MappingNode):
            raise fault(services.place, "services must be a map of names.")
        for key, node in services.pairs:
            yield key.text, node

    def _resolved(
        self, source: Source, name: str, trail: tuple[tuple[str, str], ...]
    ) -> ServicePart:
        parts = []
        for node in source.definitions[name]:
            part = self._reader.read(node)
            if part.extends:
                base = self._base(source, part.extends, (*trail, (source.file, name)))
                part = merge(base, part)
            parts.append(part)
        return reduce(merge, parts)

    def _base(
        self, source: Source, extends: Extends, trail: tuple[tuple[str, str], ...]
    ) -> ServicePart:
        if extends.file is not None:
            file = posixpath.join(posixpath.dirname(source.file), extends.file)
            if file not in self._sources:
                self._source(file, self._load(file, extends.place))
            source = self._sources[file]
        if (source.file, extends.service) in trail:
            way = " -> ".join(shown(name) for _, name in (*trail, ("", extends.service)))
            raise fault(extends.place, f"services extend each other in a circle: {way}.")
        if len(trail) > _LONGEST_CHAIN:
            raise fault(extends.place, f"more than {_LONGEST_CHAIN} services extend each other.")
        if extends.service not in source.definitions:
            raise fault(
                extends.place,
                f"extends {shown(extends.service)}: {shown(source.file)} has no such service.",
            )
        return self._resolved(source, extends.service, trail)
