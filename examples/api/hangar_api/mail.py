"""Messages to users: what they say, and a folder for them until the application has a service that sends mail.

`create_app(send_mail=...)` takes a function that sends a message, such as one that calls the provider of your choice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from hangar_dal.one_time_tokens import TokenPurpose

logger = logging.getLogger("hangar_api")

_SUBJECTS = {
    TokenPurpose.INVITATION: "Your invitation",
    TokenPurpose.EMAIL_CONFIRMATION: "Confirm your e-mail address",
    TokenPurpose.PASSWORD_RESET: "Choose a new password",
}
# Put the address of your own page here, which sends the token to the route.
_ROUTES = {
    TokenPurpose.INVITATION: "/invitations/accept",
    TokenPurpose.EMAIL_CONFIRMATION: "/email/confirm",
    TokenPurpose.PASSWORD_RESET: "/password/reset",
}


@dataclass(frozen=True)
class Message:
    to: str
    subject: str
    text: str = field(repr=False)  # it has a token


Send = Callable[[Message], Awaitable[None]]


def message(purpose: TokenPurpose, to: str, token: SecretStr) -> Message:
    text = f"The token for {_ROUTES[purpose]}:\n\n{token.get_secret_value()}\n\nIt works once. Show it to nobody.\n"
    return Message(to, _SUBJECTS[purpose], text)


def to_folder(folder: Path) -> Send:
    """Write each message to a file of its own, which only the user of this process can read."""

    async def send(message: Message) -> None:
        await asyncio.to_thread(_write, folder, message)

    return send


async def deliver(send: Send, message: Message) -> None:
    """Send a message when the answer is out. A failure is logged without its text, which may repeat the message."""
    try:
        await send(message)
    except Exception as error:
        logger.error("a message was not sent: %s", type(error).__name__)  # noqa: TRY400  (not its text)


def _write(folder: Path, message: Message) -> None:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = message.to, message.subject
    mail.set_content(message.text)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{uuid4()}.eml"
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(mail.as_bytes())
