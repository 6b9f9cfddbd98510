"""One open page, without a browser: what it is sent, and what it asks for."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from nicegui import ui
from nicegui.events import GenericEventArguments
from nicegui.testing import User, user_simulation

from demi_adapters.directory import Instance, in_order
from demi_adapters.registry import Registry
from demi_adapters.services import Snapshot
from demi_ui.board import Trouble
from demi_ui.element import Board
from demi_ui.visit import Visit
from demi_ui.watch import Watch
from page.things import instance

NOBODY = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def _modules_stay() -> Iterator[None]:
    """The simulation forgets modules when it ends, and two copies of a class are not the same."""
    before = dict(sys.modules)
    yield
    sys.modules.update(before)


@pytest.fixture
def watch() -> Watch:
    """One that follows nothing, and shows what the test says."""
    return Watch(Registry(NOBODY))


def tell(watch: Watch, *instances: Instance) -> None:
    """Have Consul say something else."""
    watch.see(Snapshot.of(in_order(instances)))
    watch.changed.emit()


def visit(watch: Watch, path: str, check: Callable[[Visit], Awaitable[None]]) -> None:
    """Open a page and look at it."""
    visits: list[Visit] = []

    async def main() -> None:
        async with user_simulation() as user:
            await opened(user)

    async def opened(user: User) -> None:
        @ui.page("/")
        def index(q: str = "", state: str = "", service: str = "") -> None:
            visits.append(Visit(watch, f"q={q}&state={state}&service={service}"))

        await user.open(path)
        await check(visits[-1])

    asyncio.run(main())


def names(board: Board) -> list[object]:
    """The services that a page shows."""
    assert board.shown is not None
    return [row[0] for row in board.shown.rows]


def patches(board: Board) -> list[Any]:
    """What the browser is given."""
    return list(board.props["patches"])


def got(board: Board, number: object) -> None:
    """What the browser says when it has applied a patch."""
    event = GenericEventArguments(sender=board, client=board.client, args=number)
    board._got(event)


def test_a_page_opens_as_its_address_asks(watch: Watch) -> None:
    """With everything in the first patch."""
    tell(watch, instance(), instance("sr1/felix/ui", "critical", number=2))

    async def check(visit: Visit) -> None:
        assert names(visit.board) == ["sr1/felix/ui"]
        [first] = patches(visit.board)
        assert first["number"] == 1
        assert first["reset"] is True
        assert first["counts"]["passing"] == 1

    visit(watch, "/?state=critical", check)


def test_a_change_is_sent_as_a_difference(watch: Watch) -> None:
    """What the browser has is not sent again; a beat is next to nothing."""
    tell(watch, instance(), instance("sr1/felix/ui", number=2))

    async def check(visit: Visit) -> None:
        got(visit.board, 1)
        tell(watch, instance(), instance("sr1/felix/ui", "critical", number=2))
        [change] = patches(visit.board)
        assert change["rows"]["gone"] == ()
        assert [row[0] for _, row in change["rows"]["placed"]] == ["sr1/felix/ui"]
        assert "choices" not in change
        got(visit.board, 2)
        tell(watch, instance(), instance("sr1/felix/ui", "critical", number=2))
        watch.beat.emit()
        [beat] = patches(visit.board)
        assert set(beat) == {"number", "now"}

    visit(watch, "/", check)


def test_who_missed_something_gets_everything(watch: Watch) -> None:
    """Also who never says what it has got."""
    tell(watch, instance())

    async def check(visit: Visit) -> None:
        got(visit.board, "nonsense")
        visit.board.show_again()
        [everything] = patches(visit.board)
        assert everything["reset"] is True
        assert everything["number"] == 2
        for _ in range(120):
            visit.board.beat()
        assert len(patches(visit.board)) <= 50
        assert patches(visit.board)[0]["reset"] is True

    visit(watch, "/", check)


def test_looking_elsewhere_is_answered(watch: Watch) -> None:
    """By the query of the address that the visitor wants to see."""
    tell(watch, instance(), instance("sr1/felix/ui", number=2))

    async def check(visit: Visit) -> None:
        visit.look("q=ui")
        assert names(visit.board) == ["sr1/felix/ui"]
        visit.look("")
        assert len(names(visit.board)) == 2

    visit(watch, "/", check)


def test_trouble_is_shown_beside_what_is_known(watch: Watch) -> None:
    """The list stays."""
    tell(watch, instance())
    watch.trouble = Trouble(reason="connection refused", confirmed_s=1.0)

    async def check(visit: Visit) -> None:
        assert visit.board.shown is not None
        assert visit.board.shown.parts["trouble"] == {
            "reason": "connection refused",
            "confirmed": 1000,
        }
        assert names(visit.board) == ["sr1/felix/api"]

    visit(watch, "/", check)


def test_details_come_without_keys_where_consul_does_not_answer(watch: Watch) -> None:
    """Why is said in their place."""
    tell(watch, instance())

    async def check(visit: Visit) -> None:
        for _ in range(100):
            await asyncio.sleep(0.05)
            assert visit.board.shown is not None
            detail: Any = visit.board.shown.parts["detail"]
            if detail["keysError"]:
                break
        assert "can't be reached" in detail["keysError"]
        assert detail["name"] == "api"
        visit.look("service=sr1/felix/nonesuch")
        assert visit.board.shown is not None
        assert visit.board.shown.parts["detail"] == {
            "key": "sr1/felix/nonesuch",
            "name": "nonesuch",
            "gone": True,
        }

    visit(watch, "/?service=sr1/felix/api", check)
