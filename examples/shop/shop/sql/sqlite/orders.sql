-- name: insert_order
INSERT INTO orders (
    id,
    user_id,
    currency,
    placed_at,
    note
)
VALUES (
    :id,
    :user_id,
    :currency,
    :now,
    :note
)
RETURNING
    id,
    user_id,
    currency,
    placed_at,
    paid_at,
    note;

-- name: insert_order_lines
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO order_lines (
    order_id,
    product_id,
    quantity,
    price_minor
)
SELECT
    json_extract(value, '$.order_id') AS order_id,
    json_extract(value, '$.product_id') AS product_id,
    json_extract(value, '$.quantity') AS quantity,
    json_extract(value, '$.price_minor') AS price_minor
FROM json_each(:lines);

-- name: pay_order
-- Paying twice keeps the first instant.
UPDATE orders
SET paid_at = :now
WHERE
    id = :order_id
    AND paid_at IS NULL
RETURNING
    id,
    user_id,
    currency,
    placed_at,
    paid_at,
    note;

-- name: list_orders
-- One row an order, the list of its lines nested as JSON.
-- differs: JSON is built by functions of other names, and sorted in a subquery here, in the aggregate there
SELECT
    orders.id,
    orders.user_id,
    orders.currency,
    orders.placed_at,
    orders.paid_at,
    orders.note,
    (
        SELECT
            json_group_array(
                json_object(
                    'order_id', entry.order_id,
                    'product_id', entry.product_id,
                    'quantity', entry.quantity,
                    'price_minor', entry.price_minor
                )
            )
        FROM (
            SELECT
                order_lines.order_id,
                order_lines.product_id,
                order_lines.quantity,
                order_lines.price_minor
            FROM order_lines
            WHERE order_lines.order_id = orders.id
            ORDER BY order_lines.product_id
        ) AS entry
    ) AS lines
FROM orders
WHERE
    orders.user_id = :user_id
    AND (orders.placed_at, orders.id) < (:placed_at, :id)  -- when after
ORDER BY orders.placed_at DESC, orders.id DESC
LIMIT :limit;

-- name: delete_order
DELETE FROM orders
WHERE id = :order_id;
