"""The tables of invoices keep their rules when SQL bypasses the package."""

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, builders, invoices, open_database, payments, sealing, users
from hangar_dal import uuid7 as new_id
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from hangar_dal.invoices import Invoice
from tests.helpers.billing import drafted, issued, subscribed
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql, sql_on

AT = "'2030-01-10T00:00:00.000000Z'"
LINE = """
INSERT INTO invoice_lines (invoice_id, position, description, quantity, unit_amount, amount, tax_rate, tax)
VALUES ('{id}', {position}, 'x', {quantity}, {unit_amount}, {amount}, {tax_rate}, {tax})
"""
ISSUE = f"""
UPDATE invoices SET status = 'OPEN', year = {{year}}, number = {{number}}, previous_number = {{previous}},
issued_at = {AT}, due_at = {AT} WHERE id = '{{id}}'
"""
COPY = f"""
INSERT INTO invoices (id, seller, customer_id, status, currency, net, total, subscription_id, period_number, created_at)
SELECT {{id}}, seller, customer_id, {{status}}, currency, {{net}}, {{net}}, subscription_id, period_number, {AT}
FROM invoices
"""
AHEAD = frozenset(
    {
        "invoices_total_check",
        "invoices_issued_check",
        "invoices_issue_year_check",
        "invoices_period_check",
        "invoices_first_number_check",
        "invoices_previous_number_check",
        "invoice_lines_amount_check",
        "invoice_lines_tax_check",
    }
)


def line(invoice: Invoice, **given: object) -> str:
    usual = {"position": 2, "quantity": 1, "unit_amount": 10, "amount": 10, "tax_rate": 0, "tax": 0}
    return LINE.format(**{"id": invoice.id} | usual | given)


def issue(invoice: Invoice, **given: object) -> str:
    return ISSUE.format(**{"id": invoice.id, "year": 2030, "number": 1, "previous": "NULL"} | given)


async def refusals(sql: Sql, cases: list[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """The statements that another rule refuses, or none."""
    found: list[tuple[str, str | None]] = []
    for text, rule in cases:
        try:
            await sql(text)
            found.append((text, None))
        except ConstraintViolation as error:
            if error.constraint not in {rule, "FOREIGN KEY" if rule.endswith("_fkey") else rule, None}:
                found.append((text, error.constraint))
    return found


async def test_a_number_follows_the_one_before_it(database: Database, sql: Sql, user: User) -> None:
    """SQLite does not name a foreign key."""
    first, second = await drafted(database, user), await drafted(database, user)
    cases = [
        (issue(first, number=2, previous=1), "invoices_previous_number_fkey"),
        (issue(first, previous=0), "invoices_first_number_check"),
        (issue(first, number=3, previous=1), "invoices_previous_number_check"),
        (issue(first, year=2029), "invoices_issue_year_check"),
        (issue(first, number="NULL"), "invoices_issued_check"),
    ]
    assert await refusals(sql, cases) == []
    await sql(issue(first))
    with pytest.raises(ConstraintViolation):  # a number is given once
        await sql(issue(second))
    await sql(issue(second, number=2, previous=1))
    assert (await issued_after(database, user)) == 3


async def issued_after(database: Database, user: User) -> int | None:
    """The count of numbers was passed over: it goes on when it has caught up."""
    draft = await drafted(database, user)
    for _ in range(2):
        with pytest.raises(ConstraintViolation):
            await invoices.issue_invoice(database, draft.id, due_at=database.now())
        await invoices.take_number(database, seller="shop", year=2030)
    return (await invoices.issue_invoice(database, draft.id, due_at=database.now())).number


async def test_an_issued_invoice_is_not_changed(database: Database, sql: Sql, user: User) -> None:
    invoice = await issued(database, user)
    cases = [
        *[
            (f"UPDATE invoices SET {change}", "invoices_unchanged")
            for change in (
                f"id = '{new_id()}'",
                "seller = 'x'",
                "currency = 'USD'",
                f"created_at = {AT}",
                "net = 1, tax = 0, total = 1",
                "number = 2, previous_number = 1",
                f"issued_at = {AT}",
                f"due_at = {AT}",
            )
        ],
        (line(invoice), "invoice_lines_of_draft"),
        ("UPDATE invoice_lines SET description = 'x'", "invoice_lines_of_draft"),
        ("DELETE FROM invoice_lines", "invoice_lines_of_draft"),
        ("UPDATE invoice_recipients SET name = 'x'", "invoice_recipients_of_draft"),
        ("DELETE FROM invoices", "invoices_kept"),
    ]
    assert await refusals(sql, cases) == []
    await sql("UPDATE invoices SET metadata = '{}'")
    await sql("UPDATE invoices SET customer_id = NULL")
    with pytest.raises(TriggerViolation):
        await sql(f"UPDATE invoices SET customer_id = '{user.id}'")
    await invoices.pay_invoice(database, invoice.id)
    assert await refusals(sql, [(f"UPDATE invoices SET closed_at = {AT}", "invoices_unchanged")]) == []


async def test_the_amounts_of_an_invoice_are_the_sums_of_its_lines(database: Database, sql: Sql, user: User) -> None:
    draft, other = await drafted(database, user), await drafted(database, user)
    for text, net in (
        (line(draft), 1010),
        (line(draft, position=3, unit_amount=-4, amount=-4), 1006),
        ("UPDATE invoice_lines SET quantity = 2, amount = 20 WHERE position = 2", 1016),
        ("DELETE FROM invoice_lines WHERE position > 2", 1020),
    ):
        await sql(text)
        found = await invoices.get_invoice(database, draft.id)
        assert (found.net, found.total) == (net, net + 190), text
    cases = [
        ("UPDATE invoices SET net = 1, total = 191", "invoices_total_kept"),
        ("UPDATE invoices SET tax = 0, total = net", "invoices_total_kept"),
        ("UPDATE invoices SET total = 1", "invoices_total_check"),
        (f"UPDATE invoice_lines SET invoice_id = '{other.id}', position = 9", "invoice_lines_of_draft"),
        (line(draft, position=4, amount=11), "invoice_lines_amount_check"),
        (line(draft, position=4, tax=1), "invoice_lines_tax_check"),
        (line(draft, position=4, tax_rate=1900, tax=1), "invoice_lines_tax_check"),
        (line(draft, position=4, unit_amount=-10, amount=-10, tax_rate=1900, tax=2), "invoice_lines_tax_check"),
        (line(draft, position=1001), "invoice_lines_position_check"),
        (line(draft, position=4, quantity=0, amount=0), "invoice_lines_quantity_check"),
        (line(draft, position=4, tax_rate=10001, tax=10), "invoice_lines_tax_rate_check"),
        (line(draft, position=4, unit_amount=10**12 + 1, amount=10**12 + 1), "invoice_lines_unit_amount_check"),
        (COPY.format(id=f"'{new_id()}'", status="'OPEN'", net=0), "invoices_first_status"),
        (COPY.format(id=f"'{new_id()}'", status="'DRAFT'", net=7), "invoices_first_status"),
    ]
    assert await refusals(sql, cases) == []


ALLOWED = {
    "DRAFT": {"OPEN"},
    "OPEN": {"PAID", "VOID", "UNCOLLECTIBLE"},
    "UNCOLLECTIBLE": {"PAID", "VOID"},
    "PAID": set[str](),
    "VOID": set[str](),
}


@pytest.mark.parametrize("status", ALLOWED)
async def test_only_some_changes_of_the_status_are_allowed(
    database: Database, sql: Sql, user: User, status: str
) -> None:
    invoice = await drafted(database, user) if status == "DRAFT" else await issued(database, user)
    if status not in ("DRAFT", "OPEN"):
        await sql(f"UPDATE invoices SET status = '{status}', closed_at = {AT}")
    for other in ALLOWED.keys() - {status}:
        closed = "NULL" if other in ("DRAFT", "OPEN") else "coalesce(closed_at, issued_at)"
        text = f"UPDATE invoices SET status = '{other}', closed_at = {closed}"
        if other in ALLOWED[status] - {"OPEN"}:
            await sql(f"{text} WHERE FALSE")
        elif other != "OPEN" or status != "DRAFT":
            with pytest.raises(TriggerViolation) as refused:
                await sql(text)
            assert refused.value.constraint == "invoices_status_transition", other
    for other in ALLOWED[status] - {"OPEN"}:  # each from a new one
        again = await issued(database, user)
        if status == "UNCOLLECTIBLE":
            await invoices.give_up_invoice(database, again.id)
        await sql(f"UPDATE invoices SET status = '{other}', closed_at = {AT} WHERE id = '{again.id}'")
    assert (await invoices.get_invoice(database, invoice.id)).status == status


async def test_many_customers_are_deleted_in_one_statement(database: Database, sql: Sql) -> None:
    for _ in range(5):
        user = await users.create_user(database, builders.user())
        for _ in range(3):
            await issued(database, user)
    await sql("DELETE FROM users")
    assert await sql("SELECT count(*), count(customer_id) FROM invoices") == [(15, 0)]
    assert await sql("SELECT count(*) FROM invoice_recipients") == [(0,)]


async def test_columns_of_invoices_refuse_what_is_no_value_of_their_kind(
    database: Database, sql: Sql, user: User
) -> None:
    begun = await subscribed(database, user)
    await issued(database, user)
    recipient = builders.recipient(tax_number="GB123")
    invoice = await issued(database, user, subscription_id=begun.id, period_number=1, recipient=recipient)
    payment = await payments.create_payment(database, builders.payment(user))
    await invoices.pay_invoice(database, invoice.id, payment_id=payment.id)
    await drop_triggers(database, sql)
    tables = ["invoices", "invoice_lines", "invoice_numbers", "invoice_recipients"]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []
    for text, rule in (
        ("UPDATE invoices SET seller = ''", "invoices_seller_check"),
        ("UPDATE invoices SET status = 'x' WHERE closed_at IS NULL", "invoices_status_check"),
        ("UPDATE invoices SET currency = 'EUr'", "invoices_currency_check"),
        ("UPDATE invoices SET closed_at = NULL", "invoices_closed_check"),
        ("UPDATE invoices SET subscription_id = NULL", "invoices_period_check"),
        ("UPDATE invoice_lines SET description = ''", "invoice_lines_description_check"),
        ("UPDATE invoice_numbers SET seller = ''", "invoice_numbers_seller_check"),
        ("UPDATE invoice_recipients SET name = ''", "invoice_recipients_name_check"),
        ("UPDATE invoice_recipients SET address = ''", "invoice_recipients_address_check"),
        ("UPDATE invoice_recipients SET tax_number = ''", "invoice_recipients_tax_number_check"),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text


async def test_replace_does_not_change_an_invoice(sqlite_url: str) -> None:
    """INSERT OR REPLACE and UPDATE OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        sql = sql_on(db)
        user = await users.insert_user(db, builders.user(), hashed_password="!")
        first, draft = await issued(db, user), await drafted(db, user)
        year = f"{first.year}, issued_at = '{first.year}-01-01T00:00:00.000000Z'"
        taken = issue(draft, year=year).replace("UPDATE", "UPDATE OR REPLACE").replace(f"issued_at = {AT},", "")
        copy = COPY.format(id="id", status="'DRAFT'", net=0).replace("INSERT", "INSERT OR REPLACE")
        cases = [
            (taken, "invoices_not_overwritten"),
            (copy, "invoices_not_replaced"),
            (line(first, position=1).replace("INSERT", "INSERT OR REPLACE"), "invoice_lines_of_draft"),
        ]
        assert await refusals(sql, cases) == []
        assert await invoices.get_invoice(db, first.id) == first
        await sql(line(draft, position=1).replace("INSERT", "INSERT OR REPLACE"))
        assert (await invoices.get_invoice(db, draft.id)).net == 10


async def test_invoices_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        cases = [
            ("TRUNCATE invoices CASCADE", "invoices_kept"),
            ("TRUNCATE invoice_lines", "invoice_lines_of_draft"),
        ]
        assert await refusals(sql_on(db), cases) == []
