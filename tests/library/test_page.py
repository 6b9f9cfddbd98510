"""The examples of docs/library.md, each run as it stands there."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from demi_adapters import Registry
from library.lab import Lab

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
HELD = "demi/sr1_lls/felix/api/url"


def imports_last(example: str) -> str:
    """What an example is called here: its first line that says something of its own."""
    lines = [line for line in example.splitlines() if "import" not in line and line.strip()]
    return lines[0]


@pytest.fixture
def program(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Where an example runs: with a Consul that holds FELIX, and a key that a registrator holds."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", lab.address)
    lab.register("api", 1, category="Microservice", swagger_url="http://127.0.0.1:8001/docs")
    lab.register("ui", 2)
    session = lab.put("/v1/session/create", {"Name": "demi-registrator/pc7", "LockDelay": "0s"})
    lab.put(f"/v1/kv/{HELD}?acquire={session['ID']}", "http://127.0.0.1:8001")
    return {"__name__": "example"}


@pytest.mark.parametrize("example", EXAMPLES, ids=imports_last)
def test_each_example_runs(program: dict[str, Any], example: str) -> None:
    """Without an error, and leaving no thread."""
    former = signal.getsignal(signal.SIGTERM)
    exec(compile(example, str(PAGE), "exec", dont_inherit=True), program)
    signal.signal(signal.SIGTERM, former)


def test_the_web_application_answers(program: dict[str, Any], lab: Lab) -> None:
    """It is registered while it runs, and finds the other service."""
    [example] = [text for text in EXAMPLES if "FastAPI(" in text]
    exec(compile(example, str(PAGE), "exec", dont_inherit=True), program)
    app = program["app"]

    async def main() -> None:
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://app") as client,
        ):
            answer = await client.get("/where")
            assert answer.json() == "http://127.0.0.1:8001"
            gateway = await asyncio.to_thread(Registry().wait, "felix/gateway", timeout_s=5)
            assert gateway.port == 8080

    asyncio.run(main())
    assert "gateway" not in str(lab.get("/v1/agent/services"))


def test_the_page_says_what_happens(
    program: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The first example prints a URL, that of keys the holder's name."""
    exec(EXAMPLES[0], program)
    assert capsys.readouterr().out == "http://127.0.0.1:8001\n"
    [keys] = [text for text in EXAMPLES if "put_all" in text]
    exec(keys, program)
    assert f"{HELD} is held by the registrator 'pc7'" in capsys.readouterr().out
