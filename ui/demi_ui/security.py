"""What a browser may do with the page: run our scripts, talk to us, and nothing else."""

import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Styles stay free: Quasar and Vue set them on elements. A script runs only if this server has
# sent it as a file, or marked it with the word that is new for each page; none is evaluated.
_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; object-src 'none'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class StrictPages:
    """Adds the Content-Security-Policy to every page, and its word to every script.

    NiceGUI escapes `<` in what it writes into a page, so a script tag there is its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        start: Message = {}
        body = bytearray()

        async def marked(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = {**message, "headers": [*message["headers"], *_HEADERS]}
                if not _is_page(start):
                    await send(start)
                return
            if message["type"] != "http.response.body" or not _is_page(start):
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                page = _marked(bytes(body), nonce)
                await send(_with_policy(start, nonce, page))
                await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, marked)


def _is_page(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/html")
        for name, value in start["headers"]
    )


def _marked(page: bytes, nonce: str) -> bytes:
    return page.replace(b"<script", b'<script nonce="' + nonce.encode() + b'"')


def _with_policy(start: Message, nonce: str, page: bytes) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    policy = _POLICY.format(nonce=nonce).encode()
    length = str(len(page)).encode()
    ours = [(b"content-security-policy", policy), (b"content-length", length)]
    return {**start, "headers": [*kept, *ours]}
