-- Three of them, and hardly ever one more.
CREATE TABLE currencies (
    code text COLLATE "C" NOT NULL PRIMARY KEY,
    minor_digits bigint NOT NULL,

    CONSTRAINT currencies_code_check CHECK (code IN ('EUR', 'ISK', 'USD'))
);

INSERT INTO currencies (code, minor_digits)
VALUES ('EUR', 2), ('ISK', 0), ('USD', 2);

CREATE TABLE products (
    id uuid NOT NULL PRIMARY KEY,
    sku text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    price_minor bigint NOT NULL,
    currency text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_price_minor_check CHECK (price_minor >= 0),
    CONSTRAINT products_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (code),
    CONSTRAINT products_status_check CHECK (status IN ('DRAFT', 'ON_SALE', 'RETIRED'))
);

CREATE INDEX idx_products_created ON products (created_at, id);
CREATE INDEX idx_products_name ON products (name, id);
CREATE INDEX idx_products_price ON products (price_minor, id);
CREATE INDEX idx_products_status_created ON products (status, created_at, id);
CREATE INDEX idx_products_status_name ON products (status, name, id);
CREATE INDEX idx_products_status_price ON products (status, price_minor, id);

CREATE TABLE orders (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL,
    currency text COLLATE "C" NOT NULL,
    placed_at timestamptz NOT NULL,
    paid_at timestamptz,

    CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT orders_currency_fkey FOREIGN KEY (currency) REFERENCES currencies (code)
);

CREATE INDEX idx_orders_user_placed ON orders (user_id, placed_at, id);

CREATE TABLE order_lines (
    order_id uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity bigint NOT NULL,
    price_minor bigint NOT NULL,

    CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, product_id),
    CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
    CONSTRAINT order_lines_product_id_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT order_lines_quantity_check CHECK (quantity >= 1)
);

CREATE INDEX idx_order_lines_product ON order_lines (product_id, order_id);
