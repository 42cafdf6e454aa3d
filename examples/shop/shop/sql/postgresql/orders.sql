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
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO order_lines (
    order_id,
    product_id,
    quantity,
    price_minor
)
SELECT
    entry.order_id,
    entry.product_id,
    entry.quantity,
    entry.price_minor
FROM json_to_recordset(:lines) AS entry (
    order_id uuid,
    product_id uuid,
    quantity bigint,
    price_minor bigint
);

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
-- differs: JSON is built by functions of other names, and sorted in the aggregate here, in a subquery there
SELECT
    orders.id,
    orders.user_id,
    orders.currency,
    orders.placed_at,
    orders.paid_at,
    orders.note,
    coalesce(
        (
            SELECT
                json_agg(
                    json_build_object(
                        'order_id', order_lines.order_id,
                        'product_id', order_lines.product_id,
                        'quantity', order_lines.quantity,
                        'price_minor', order_lines.price_minor
                    )
                    ORDER BY order_lines.product_id
                )
            FROM order_lines
            WHERE order_lines.order_id = orders.id
        ),
        '[]'
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
