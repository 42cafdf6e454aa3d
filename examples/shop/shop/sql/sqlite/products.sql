-- name: list_currencies
SELECT
    code,
    minor_digits
FROM currencies
ORDER BY code;

-- name: insert_products
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_each here, by json_to_recordset there
INSERT INTO products (
    id,
    sku,
    name,
    price_minor,
    currency,
    status,
    created_at
)
SELECT
    json_extract(value, '$.id') AS id,
    json_extract(value, '$.sku') AS sku,
    json_extract(value, '$.name') AS name,
    json_extract(value, '$.price_minor') AS price_minor,
    json_extract(value, '$.currency') AS currency,
    json_extract(value, '$.status') AS status,
    :now AS created_at
FROM json_each(:products);

-- name: find_product_by_sku
SELECT
    id,
    sku,
    name,
    price_minor,
    currency,
    status,
    created_at
FROM products
WHERE sku = :sku;

-- name: list_products
-- Pages by key: each begins behind the last row of the one before, however deep.
SELECT
    id,
    sku,
    name,
    price_minor,
    currency,
    status,
    created_at
FROM products
WHERE
    TRUE
    AND status = :status  -- when status
    AND (created_at, id) < (:created_at, :id)  -- when after, order = newest
--  AND (name, id) > (:name, :id)  -- when after, order = name
--  AND (price_minor, id) > (:price_minor, :id)  -- when after, order = cheapest
ORDER BY
    created_at DESC, id DESC  -- when order = newest
--  name, id  -- when order = name
--  price_minor, id  -- when order = cheapest
LIMIT :limit;

-- name: stream_products
-- scan: the nightly export is all of them
SELECT
    id,
    sku,
    name,
    price_minor,
    currency,
    status,
    created_at
FROM products
ORDER BY id;

-- name: update_product
-- A field left out stays.
UPDATE products
SET
    name = CASE WHEN :name_is_set THEN :name ELSE name END,
    price_minor = CASE WHEN :price_minor_is_set THEN :price_minor ELSE price_minor END,
    status = CASE WHEN :status_is_set THEN :status ELSE status END
WHERE id = :product_id
RETURNING
    id,
    sku,
    name,
    price_minor,
    currency,
    status,
    created_at;

-- name: get_sales
-- A product that was never sold has no line: nothing is 0, and never is NULL.
-- differs: a sum of integers is an integer here, a numeric there
SELECT
    products.sku,
    coalesce(sum(order_lines.quantity), 0) AS quantity,
    max(orders.placed_at) AS last_sold_at
FROM products
LEFT OUTER JOIN order_lines ON products.id = order_lines.product_id
LEFT OUTER JOIN orders ON order_lines.order_id = orders.id
WHERE products.id = :product_id
GROUP BY products.id, products.sku;
