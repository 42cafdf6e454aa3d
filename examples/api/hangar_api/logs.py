"""A log line for each request, with an id that the client gets too. Nothing that a client sent is logged.

No answer may be cached: most of them have tokens or personal data.
"""

import logging
import sys
import time
import traceback
from contextvars import ContextVar
from http import HTTPMethod
from uuid import UUID, uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hangar_api.problems import internal_error

logger = logging.getLogger("hangar_api")
_METHODS = set(HTTPMethod)
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Gives each record the id of its request, also the records of libraries."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


def configure() -> None:
    """Log to stderr, unless the process has set up logging already."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s request=%(request_id)s %(message)s"))
    handler.addFilter(RequestIdFilter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)


class RequestLog:
    """Middleware: gives each request an id, logs it, and answers errors that nothing else has handled.

    It logs the route's template, not the path: a path may hold what a client typed in the wrong place.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        token = request_id.set(_given_id(scope) or str(uuid4()))
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(b"x-request-id", request_id.get().encode()), (b"cache-control", b"no-store")]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:
            # Neither the message nor local variables: an unexpected error may hold anything.
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error(  # noqa: TRY400  (not its message)
                "unexpected %s\n%s", type(error).__name__, frames
            )
            if status:
                raise ConnectionError("the answer is incomplete") from None
            await internal_error()(scope, receive, send_with_id)
        finally:
            route = getattr(scope.get("route"), "path", "(no such route)")
            took = (time.perf_counter() - began) * 1000
            method = scope["method"] if scope["method"] in _METHODS else "(no such method)"
            logger.info("%s %s %d %.1f ms", method, route, status, took)
            request_id.reset(token)


def _given_id(scope: Scope) -> str | None:
    """The id that a proxy has given the request, if it is a UUID."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return str(UUID(value.decode("ascii")))
            except ValueError:
                return None
    return None
