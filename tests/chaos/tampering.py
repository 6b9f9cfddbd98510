"""What other people do to the registrator's things in Consul."""

from collections.abc import Iterable, Sequence

from chaos.arena import OWNER, Arena

_RECORD = f"demi-registrator/{OWNER}"


class TamperActs:
    """One method for each, called by its name; `which` picks one of what there is."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._api = arena.api

    def destroy_session(self, which: int) -> None:
        """The registrator's session ends, and its keys are gone."""
        self._arena.pins.unpin_keys()
        for session in _pick(self._sessions(), which):
            self._api.put(f"/v1/session/destroy/{session}")

    def double_session(self) -> None:
        """There is another session of the registrator's name."""
        self._arena.pins.unpin_keys()
        session = {"Name": _RECORD, "Behavior": "delete", "LockDelay": "0s"}
        self._api.put("/v1/session/create", session)

    def delete_key(self, which: int) -> None:
        """One of its keys is deleted."""
        for path in _pick([*self._keys(), _RECORD], which):
            self._arena.pins.unpin_named(f"key {path}")
            self._api.delete(f"/v1/kv/{path}")

    def delete_tree(self, which: int) -> None:
        """All the keys of one service are deleted, but for those of others."""
        for path in _pick(self._keys(), which):
            tree = path.rpartition("/")[0] + "/"
            for each in self._keys():
                if each.startswith(tree):
                    self._arena.pins.unpin_named(f"key {each}")
                    self._api.delete(f"/v1/kv/{each}")

    def overwrite_key(self, which: int) -> None:
        """One of its keys gets another value."""
        for path in _pick([*self._keys(), _RECORD], which):
            self._api.put(f"/v1/kv/{path}", "overwritten")

    def take_key(self, which: int) -> None:
        """One of its keys becomes a person's own."""
        for path in _pick(self._keys(), which):
            self._arena.pins.unpin_named(f"key {path}")
            self._arena.others.take_key(path)

    def deregister_service(self, which: int) -> None:
        """One of its services is deregistered by hand."""
        for id_ in _pick(self._services(), which):
            self._arena.pins.unpin_named(f"service {id_}")
            self._api.put(f"/v1/agent/service/deregister/{id_}")

    def vandalise_service(self, which: int) -> None:
        """One of its services is registered anew with other contents, but still as its own."""
        for id_ in _pick(self._services(), which):
            service = self._api.get(f"/v1/agent/service/{id_}")
            vandalised = {
                "ID": id_,
                "Name": service["Service"],
                "Port": 1,
                "Tags": ["vandal"],
                "Meta": {"demi_owner": OWNER, "demi_site": "x"},
            }
            self._api.put("/v1/agent/service/register", vandalised)

    def take_service(self, which: int) -> None:
        """While the registrator is away, one of its services becomes somebody's own."""
        for id_ in _pick(self._services(), which):
            self._arena.pins.unpin_named(f"service {id_}")
            self._arena.others.take_service(id_)

    def maintain_service(self, which: int) -> None:
        """Somebody puts one of its services into maintenance."""
        for id_ in _pick(self._services(), which):
            self._api.put(f"/v1/agent/service/maintenance/{id_}?enable=true")

    def add_check(self, which: int) -> None:
        """Somebody adds a check to one of its services."""
        for id_ in _pick(self._services(), which):
            self._arena.others.add_check(id_)

    def delete_query(self) -> None:
        """The query template is deleted."""
        for query in self._api.get("/v1/query") or ():
            if query["Template"]["Type"]:
                self._api.delete(f"/v1/query/{query['ID']}")

    def _services(self) -> list[str]:
        return sorted(
            id_
            for id_, service in self._api.get("/v1/agent/services").items()
            if service["Meta"].get("demi_owner") == OWNER
        )

    def _sessions(self) -> list[str]:
        found = self._api.get("/v1/session/list") or ()
        return sorted(s["ID"] for s in found if s["Name"] == _RECORD)

    def _keys(self) -> list[str]:
        sessions = self._sessions()
        return sorted(p for p, (_, holder) in self._api.keys("demi/").items() if holder in sessions)


def _pick(things: Sequence[str], which: int) -> Iterable[str]:
    return [things[which % len(things)]] if things else []
