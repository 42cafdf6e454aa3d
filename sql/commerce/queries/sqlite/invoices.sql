-- name: insert_invoices
-- Taken ids and periods are left out.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO invoices (
    id,
    seller,
    customer_id,
    currency,
    subscription_id,
    period_number,
    metadata,
    created_at
)
SELECT
    json_extract(entry.value, '$.id') AS id,
    json_extract(entry.value, '$.seller') AS seller,
    json_extract(entry.value, '$.customer_id') AS customer_id,
    json_extract(entry.value, '$.currency') AS currency,
    json_extract(entry.value, '$.subscription_id') AS subscription_id,
    json_extract(entry.value, '$.period_number') AS period_number,
    json_extract(entry.value, '$.metadata') AS metadata,
    :now AS created_at
FROM json_each(:rows) AS entry
WHERE
    NOT EXISTS (
        SELECT 1
        FROM invoices AS found
        WHERE found.id = json_extract(entry.value, '$.id')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM invoices AS found
        WHERE
            found.subscription_id = json_extract(entry.value, '$.subscription_id')
            AND found.period_number = json_extract(entry.value, '$.period_number')
            AND found.status <> 'VOID'
    )
ORDER BY json_extract(entry.value, '$.id')
ON CONFLICT DO NOTHING
RETURNING
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at;

-- name: insert_lines
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO invoice_lines (
    invoice_id,
    position,
    description,
    quantity,
    unit_amount,
    amount,
    tax_rate,
    tax
)
SELECT
    json_extract(entry.value, '$.invoice_id') AS invoice_id,
    json_extract(entry.value, '$.position') AS position,
    json_extract(entry.value, '$.description') AS description,
    json_extract(entry.value, '$.quantity') AS quantity,
    json_extract(entry.value, '$.unit_amount') AS unit_amount,
    json_extract(entry.value, '$.amount') AS amount,
    json_extract(entry.value, '$.tax_rate') AS tax_rate,
    json_extract(entry.value, '$.tax') AS tax
FROM json_each(:rows) AS entry
ORDER BY json_extract(entry.value, '$.invoice_id'), json_extract(entry.value, '$.position');

-- name: insert_recipients
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO invoice_recipients (
    invoice_id,
    user_id,
    name,
    address,
    tax_number
)
SELECT
    json_extract(entry.value, '$.invoice_id') AS invoice_id,
    json_extract(entry.value, '$.user_id') AS user_id,
    json_extract(entry.value, '$.name') AS name,
    json_extract(entry.value, '$.address') AS address,
    json_extract(entry.value, '$.tax_number') AS tax_number
FROM json_each(:rows) AS entry
ORDER BY json_extract(entry.value, '$.invoice_id');

-- name: get_invoice
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE id = :invoice_id;

-- name: lock_invoice
-- differs: only one writes at a time here; the row is locked there
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE id = :invoice_id;

-- name: get_invoice_document
-- differs: nested rows are json_group_array here, json_agg there
SELECT
    invoices.id,
    invoices.seller,
    invoices.customer_id,
    invoices.status,
    invoices.currency,
    invoices.net,
    invoices.tax,
    invoices.total,
    invoices.year,
    invoices.number,
    invoices.subscription_id,
    invoices.period_number,
    invoices.payment_id,
    invoices.issued_at,
    invoices.due_at,
    invoices.closed_at,
    invoices.metadata,
    invoices.created_at,
    invoice_recipients.name AS recipient_name,
    invoice_recipients.address AS recipient_address,
    invoice_recipients.tax_number AS recipient_tax_number,
    (
        SELECT
            json_group_array(
                json_object(
                    'invoice_id', entry.invoice_id,
                    'position', entry.position,
                    'description', entry.description,
                    'quantity', entry.quantity,
                    'unit_amount', entry.unit_amount,
                    'amount', entry.amount,
                    'tax_rate', entry.tax_rate,
                    'tax', entry.tax
                )
            )
        FROM (
            SELECT
                invoice_lines.invoice_id,
                invoice_lines.position,
                invoice_lines.description,
                invoice_lines.quantity,
                invoice_lines.unit_amount,
                invoice_lines.amount,
                invoice_lines.tax_rate,
                invoice_lines.tax
            FROM invoice_lines
            WHERE invoice_lines.invoice_id = invoices.id
            ORDER BY invoice_lines.position
        ) AS entry
    ) AS lines
FROM invoices
LEFT OUTER JOIN invoice_recipients ON invoices.id = invoice_recipients.invoice_id
WHERE invoices.id = :invoice_id;

-- name: find_invoice_by_number
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    seller = :seller
    AND year = :year
    AND number = :number;

-- name: find_invoice_of_period
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    subscription_id = :subscription_id
    AND period_number = :period_number
    AND status <> 'VOID';

-- name: find_last_recipient
SELECT
    invoice_recipients.name,
    invoice_recipients.address,
    invoice_recipients.tax_number
FROM invoices
INNER JOIN invoice_recipients ON invoices.id = invoice_recipients.invoice_id
WHERE
    invoices.subscription_id = :subscription_id
    AND invoices.period_number IS NOT NULL
ORDER BY invoices.period_number DESC, invoices.created_at DESC, invoices.id DESC
LIMIT 1;

-- name: list_invoices
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    status = :status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_invoices_of_customer
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    customer_id = :customer_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_invoices_of_seller
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    seller = :seller
    AND year = :year
    AND number IS NOT NULL
    AND number < :number  -- when after
ORDER BY number DESC
LIMIT :limit;

-- name: list_overdue_invoices
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE
    status = 'OPEN'
    AND due_at < :now
    AND (due_at, id) > (:due_at, :id)  -- when after
ORDER BY due_at, id
LIMIT :limit;

-- name: take_number
INSERT INTO invoice_numbers (
    seller,
    year,
    last_number
)
VALUES (
    :seller,
    :year,
    1
)
ON CONFLICT (seller, year) DO UPDATE
SET last_number = invoice_numbers.last_number + 1
RETURNING last_number;

-- name: number_invoice
UPDATE invoices
SET
    status = 'OPEN',
    year = :year,
    number = :number,
    previous_number = nullif(:number - 1, 0),
    issued_at = :issued_at,
    due_at = :due_at
WHERE id = :invoice_id
RETURNING
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at;

-- name: set_paid
UPDATE invoices
SET
    status = 'PAID',
    payment_id = CASE WHEN status = 'PAID' THEN payment_id ELSE :payment_id END,
    closed_at = CASE WHEN status = 'PAID' THEN closed_at ELSE :now END
WHERE
    id = :invoice_id
    AND NOT EXISTS (
        SELECT 1
        FROM invoices AS other
        WHERE
            other.payment_id = :payment_id
            AND other.id <> :invoice_id
    )
RETURNING
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at;

-- name: void_invoice
UPDATE invoices
SET
    status = 'VOID',
    closed_at = CASE WHEN status = 'VOID' THEN closed_at ELSE :now END
WHERE id = :invoice_id
RETURNING
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at;

-- name: give_up_invoice
UPDATE invoices
SET
    status = 'UNCOLLECTIBLE',
    closed_at = CASE WHEN status = 'UNCOLLECTIBLE' THEN closed_at ELSE :now END
WHERE id = :invoice_id
RETURNING
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at;

-- name: delete_lines
DELETE FROM invoice_lines
WHERE invoice_id = :invoice_id;

-- name: delete_draft
DELETE FROM invoices
WHERE id = :invoice_id;

-- name: stream_invoices
-- scan: an export reads everything
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
ORDER BY id;

-- name: stream_invoices_of_customer
SELECT
    id,
    seller,
    customer_id,
    status,
    currency,
    net,
    tax,
    total,
    year,
    number,
    subscription_id,
    period_number,
    payment_id,
    issued_at,
    due_at,
    closed_at,
    metadata,
    created_at
FROM invoices
WHERE customer_id = :customer_id
ORDER BY created_at, id;

-- name: stream_lines_of_customer
SELECT
    invoice_lines.invoice_id,
    invoice_lines.position,
    invoice_lines.description,
    invoice_lines.quantity,
    invoice_lines.unit_amount,
    invoice_lines.amount,
    invoice_lines.tax_rate,
    invoice_lines.tax
FROM invoices
INNER JOIN invoice_lines ON invoices.id = invoice_lines.invoice_id
WHERE invoices.customer_id = :customer_id
ORDER BY invoice_lines.invoice_id, invoice_lines.position;

-- name: stream_recipients_of_user
SELECT
    invoice_id,
    user_id,
    name,
    address,
    tax_number
FROM invoice_recipients
WHERE user_id = :user_id
ORDER BY invoice_id;

-- name: move_invoices
UPDATE invoices
SET customer_id = :kept
WHERE customer_id = :merged;

-- name: move_recipients
UPDATE invoice_recipients
SET user_id = :kept
WHERE user_id = :merged;
