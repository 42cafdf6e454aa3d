-- A tenth of each kind belongs to the first user. A tenth of the payments is for one object.

INSERT INTO payment_methods (id, user_id, provider, token, brand, last_four, expires_month, expires_year, created_at)
SELECT
    id($METHOD, n), id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END), 'stripe',
    'v1.key.0123456789012345678901234567890123456789', 'visa', '4242', 1 + n % 12, 2026 + n % 10, series.at
FROM series;

INSERT INTO default_payment_methods (user_id, payment_method_id, chosen_at)
SELECT id($USER, n), id($METHOD, n), series.at FROM series WHERE n < $users AND n % 10 <> 0;

INSERT INTO payments (
    id, payer_id, payment_method_id, provider, provider_reference, reference, amount, currency, captured, status,
    created_at, updated_at
)
SELECT
    id($PAYMENT, n),
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    id($METHOD, n),
    'stripe',
    'payment ' || n,
    'order ' || (CASE WHEN n % 10 = 3 THEN 3 ELSE n END),
    1000,
    'EUR',
    CASE WHEN kind > 6 THEN 0 ELSE 1000 END,
    CASE kind WHEN 7 THEN 'CREATED' WHEN 8 THEN 'AUTHORIZED' WHEN 9 THEN 'FAILED' ELSE 'CAPTURED' END,
    at(n),
    at(n)
FROM (SELECT n, CASE WHEN n % 10 = 0 THEN n / 10 % 10 ELSE n % 10 END AS kind FROM series) AS numbered;

INSERT INTO payment_captures (id, payment_id, amount, created_at)
SELECT id, id, captured, created_at FROM payments WHERE captured > 0;

INSERT INTO payment_days (currency, day, shard, captured)
SELECT payments.currency, day(payment_captures.created_at), substr(CAST(payment_captures.id AS text), 36, 1), sum(payment_captures.amount)
FROM payment_captures
INNER JOIN payments ON payment_captures.payment_id = payments.id
GROUP BY 1, 2, 3;

-- A fifth has expired.
INSERT INTO idempotency_keys (
    id, scope, key, user_id, request_hash, claimed_at, answer_status, answer, finished_at, created_at, expires_at
)
SELECT
    id($KEY, n), 'pay', 'key ' || n, id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', series.at, 200, '{}', series.at, series.at,
    CASE WHEN n % 10 < 2 THEN at(n + 1) ELSE at(n + 100000000) END
FROM series;

-- A tenth is due, a tenth is in order of twenty objects, whose first events are due, a tenth has failed, and the rest is
-- processed. Twenty of the failed ones, the oldest, are those of another provider.
INSERT INTO webhook_events (
    id, provider, object_key, event_id, kind, payload, status, attempts, due_at, finished_at, created_at
)
SELECT
    id($WEBHOOK, n),
    CASE WHEN n < 200 AND n % 10 = 3 THEN 'adyen' ELSE 'stripe' END,
    CASE WHEN n % 10 = 6 THEN 'object ' || (n / 10 % 20) END,
    'event ' || n,
    'paid',
    '{}',
    CASE
        WHEN n % 10 = 3 THEN 'FAILED'
        WHEN n % 10 = 6 AND n >= 200 THEN 'WAITING'
        WHEN n % 10 IN (6, 7) THEN 'RECEIVED'
        ELSE 'PROCESSED'
    END,
    CASE WHEN n % 10 IN (6, 7) THEN 0 ELSE 1 END,
    series.at,
    CASE WHEN n % 10 NOT IN (6, 7) THEN series.at END,
    series.at
FROM series
ORDER BY n;
