-- A tenth of the subscriptions and invoices is that of the first user, of the first plan, and of one seller.

INSERT INTO plans (id, code, name, amount, currency, interval_unit, interval_count, created_at, closed_at)
SELECT
    id($PLAN, n), 'plan ' || n, 'Plan', 1000 + n % 100, 'EUR', 'MONTH', 1, series.at,
    CASE WHEN n % 2 = 1 THEN series.at END
FROM series;

INSERT INTO subscriptions (
    id, user_id, plan_id, currency, status, period_kind, period_starts_at, period_ends_at, period_amount, anchor_day,
    cancelled_at, created_at
)
SELECT
    id($SUBSCRIPTION, n),
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    id($PLAN, CASE WHEN n % 10 = 0 THEN 0 ELSE n END),
    'EUR',
    CASE n % 10 WHEN 8 THEN 'CANCELLED' WHEN 9 THEN 'PAST_DUE' ELSE 'ACTIVE' END,
    'PAID',
    series.at,
    CASE WHEN n % 10 = 7 THEN at(n + 1) ELSE at(n + 100000000) END,
    1000,
    1,
    CASE WHEN n % 10 = 8 THEN series.at END,
    series.at
FROM series;

INSERT INTO subscription_periods (subscription_id, number, kind, plan_id, currency, starts_at, ends_at, amount, credit)
SELECT id, 1, 'PAID', plan_id, currency, period_starts_at, period_ends_at, 1000, 0 FROM subscriptions;

-- A tenth is a draft, a tenth is overdue, a tenth is open, and the rest is paid.
INSERT INTO invoices (
    id, seller, customer_id, status, currency, net, tax, total, year, number, previous_number, issued_at, due_at,
    closed_at, created_at
)
SELECT
    id($INVOICE, n),
    CASE WHEN n % 10 = 0 THEN 'shop' ELSE 'shop ' || n END,
    id($USER, CASE WHEN n % 10 = 1 THEN 0 ELSE n % $users END),
    CASE n % 10 WHEN 7 THEN 'OPEN' WHEN 8 THEN 'OPEN' WHEN 9 THEN 'DRAFT' ELSE 'PAID' END,
    'EUR',
    1000,
    190,
    1190,
    CASE WHEN n % 10 < 9 THEN 2026 END,
    CASE WHEN n % 10 = 0 THEN n / 10 + 1 WHEN n % 10 < 9 THEN 1 END,
    CASE WHEN n % 10 = 0 AND n > 0 THEN n / 10 END,
    CASE WHEN n % 10 < 9 THEN series.at END,
    CASE WHEN n % 10 = 7 THEN at(n + 1) WHEN n % 10 < 9 THEN at(n + 100000000) END,
    CASE WHEN n % 10 < 7 THEN series.at END,
    series.at
FROM series
ORDER BY n;

INSERT INTO invoice_lines (invoice_id, position, description, unit_amount, amount, tax_rate, tax)
SELECT id, 1, 'A month of films', 1000, 1000, 1900, 190 FROM invoices;

INSERT INTO invoice_recipients (invoice_id, user_id, name, address)
SELECT id, customer_id, 'Somebody', 'Somewhere' FROM invoices;

INSERT INTO invoice_numbers (seller, year, last_number)
SELECT seller, year, max(number) FROM invoices WHERE number IS NOT NULL GROUP BY 1, 2;
