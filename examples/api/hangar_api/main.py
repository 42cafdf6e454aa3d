"""The application, made by a function: `uvicorn --factory hangar_api.main:create_app`."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from fastapi import FastAPI

from hangar_api import background, limits, logs, mail, problems
from hangar_api.catalog import CATALOG
from hangar_api.routes import (
    ad_review,
    administration,
    ads,
    blocks,
    books,
    campaigns,
    cashier,
    comments,
    cookies,
    counts,
    creatives,
    donations,
    feed,
    follows,
    health,
    invoices,
    likes,
    live_chat,
    livestreams,
    me,
    moderation,
    notifications,
    oversight,
    payment_methods,
    payments,
    personal_data,
    plans,
    profiles,
    reminders,
    report_queue,
    reports,
    shares,
    signing_in,
    subscriptions,
    two_factor,
    videos,
    wallets,
    watching,
    watching_live,
    webhooks,
)
from hangar_api.settings import ApiSettings
from hangar_dal import Settings, open_database

# One line for each topic.
ROUTES = (
    health,
    signing_in,
    me,
    two_factor,
    cookies,
    administration,
    oversight,
    personal_data,
    videos,
    watching,
    moderation,
    notifications,
    profiles,
    follows,
    feed,
    blocks,
    likes,
    counts,
    comments,
    shares,
    reports,
    report_queue,
    payment_methods,
    payments,
    cashier,
    webhooks,
    plans,
    subscriptions,
    invoices,
    wallets,
    books,
    campaigns,
    creatives,
    ad_review,
    ads,
    livestreams,
    watching_live,
    reminders,
    live_chat,
    donations,
)


@cache
def trusted_certificates() -> ssl.SSLContext:
    """Read the certificates of the authorities that this process trusts, once: it takes some milliseconds."""
    return httpx.create_ssl_context()


def create_app(
    settings: ApiSettings | None = None,
    database_settings: Settings | None = None,
    *,
    send_mail: mail.Send | None = None,
) -> FastAPI:
    """Take everything from the environment unless it is given. Wrong settings are reported before the server starts."""
    logs.configure()
    settings = settings or ApiSettings.model_validate({})
    database_settings = database_settings or Settings()
    if send_mail is None and settings.mail_folder is not None:
        send_mail = mail.to_folder(settings.mail_folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """The server ends it when the last request has been answered."""
        # The client serves every user, so it must not keep the cookies that a platform sets for one of them.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        async with (
            open_database(database_settings, catalog=CATALOG) as db,
            httpx.AsyncClient(timeout=10, cookies=no_cookies, verify=trusted_certificates()) as http,
        ):
            app.state.database, app.state.http = db, http
            async with background.running(db, settings):
                yield

    # A redirect to the path without its last slash would name the host that the client sent.
    app = FastAPI(
        title="Hangar API",
        version="0.1.0",
        lifespan=lifespan,
        responses=problems.RESPONSES,
        redirect_slashes=False,
    )
    app.state.settings, app.state.send_mail = settings, send_mail
    problems.install(app)
    for module in ROUTES:
        app.include_router(module.router)
    app.add_middleware(limits.BodyLimit)
    app.add_middleware(logs.RequestLog)
    return app
