"""What a browser is told about each answer."""

import asyncio
import re

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from demi_ui.security import StrictPages

PAGE = "<html><script>a()</script><body><script type=module>b()</script></body></html>"


async def _page(_: Request) -> Response:
    return HTMLResponse(PAGE)


async def _text(_: Request) -> Response:
    return PlainTextResponse("<script>")


APP = StrictPages(Starlette(routes=[Route("/", _page), Route("/text", _text)]))


def get(path: str) -> httpx.Response:
    """An answer."""

    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.get(path)

    return asyncio.run(main())


def test_only_marked_scripts_run_and_none_is_evaluated() -> None:
    """The mark is another one for each page."""
    first, second = get("/"), get("/")
    marks = []
    for answer in (first, second):
        policy = answer.headers["content-security-policy"]
        scripts = re.search(r"script-src ([^;]*)", policy)
        assert scripts is not None
        assert "unsafe" not in scripts[1]
        mark = re.search(r"'nonce-([^']+)'", scripts[1])
        assert mark is not None
        assert answer.text.count(f'<script nonce="{mark[1]}"') == 2
        assert int(answer.headers["content-length"]) == len(answer.content)
        marks.append(mark[1])
    assert marks[0] != marks[1]


def test_what_is_no_page_stays_as_it_is() -> None:
    """But for the headers that forbid guessing what it is."""
    answer = get("/text")
    assert answer.text == "<script>"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" not in answer.headers
