-- Invoices. The lines of a DRAFT are changed, and triggers keep its sums. Then it is issued, gets a number and
-- stays as it is. A number refers to the one before it, of the same seller and year: so there is no gap.
CREATE TABLE invoices (
    id text NOT NULL,
    seller text NOT NULL,
    customer_id text,
    status text NOT NULL DEFAULT 'DRAFT',
    currency text NOT NULL,
    net integer NOT NULL DEFAULT 0,
    tax integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    year integer,
    number integer,
    previous_number integer,
    subscription_id text,
    period_number integer,
    payment_id text,
    issued_at text,
    due_at text,
    closed_at text,
    metadata text NOT NULL DEFAULT '{}',
    created_at text NOT NULL,

    CONSTRAINT invoices_pkey PRIMARY KEY (id),
    CONSTRAINT invoices_number_key UNIQUE (seller, year, number),
    CONSTRAINT invoices_previous_number_key UNIQUE (seller, year, previous_number),
    CONSTRAINT invoices_payment_id_key UNIQUE (payment_id),
    CONSTRAINT invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT invoices_previous_number_fkey FOREIGN KEY (seller, year, previous_number)
    REFERENCES invoices (seller, year, number),
    CONSTRAINT invoices_period_fkey FOREIGN KEY (subscription_id, period_number)
    REFERENCES subscription_periods (subscription_id, number),
    CONSTRAINT invoices_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),

    CONSTRAINT invoices_seller_check CHECK (length(seller) BETWEEN 1 AND 50),
    CONSTRAINT invoices_status_check CHECK (status IN ('DRAFT', 'OPEN', 'PAID', 'VOID', 'UNCOLLECTIBLE')),
    CONSTRAINT invoices_currency_check CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    CONSTRAINT invoices_total_check CHECK (total = net + tax AND (status = 'DRAFT' OR total >= 0)),
    CONSTRAINT invoices_year_check CHECK (year BETWEEN 1 AND 9999),
    CONSTRAINT invoices_number_check CHECK (number >= 1),
    CONSTRAINT invoices_previous_number_check CHECK (coalesce(previous_number, 0) = number - 1),
    CONSTRAINT invoices_first_number_check CHECK ((previous_number IS NULL) = (coalesce(number, 1) = 1)),
    CONSTRAINT invoices_issued_check CHECK (
        (status = 'DRAFT') = (number IS NULL)
        AND (number IS NULL) = (year IS NULL)
        AND (number IS NULL) = (issued_at IS NULL)
        AND (number IS NULL) = (due_at IS NULL)
    ),
    CONSTRAINT invoices_period_number_check CHECK (period_number >= 1),
    CONSTRAINT invoices_period_check CHECK ((subscription_id IS NULL) = (period_number IS NULL)),
    CONSTRAINT invoices_closed_check CHECK (
        (status IN ('PAID', 'VOID', 'UNCOLLECTIBLE')) = (closed_at IS NOT NULL)
        AND (payment_id IS NULL OR status = 'PAID')
    ),
    CONSTRAINT invoices_issue_year_check CHECK (year = cast(substr(issued_at, 1, 4) AS integer)),
    CONSTRAINT invoices_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT invoices_issued_at_check CHECK (
        issued_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(issued_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(issued_at, 1, 19), '+0 seconds') IS substr(issued_at, 1, 19)
        AND issued_at >= '0001'
    ),
    CONSTRAINT invoices_due_at_check CHECK (
        due_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(due_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(due_at, 1, 19), '+0 seconds') IS substr(due_at, 1, 19)
        AND due_at >= '0001'
    ),
    CONSTRAINT invoices_closed_at_check CHECK (
        closed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(closed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(closed_at, 1, 19), '+0 seconds') IS substr(closed_at, 1, 19)
        AND closed_at >= '0001'
    ),
    CONSTRAINT invoices_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT invoices_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT invoices_customer_id_type_check CHECK (
        customer_id GLOB '????????-????-????-????-????????????'
        AND length(replace(customer_id, '-', '')) = 32
        AND replace(customer_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT invoices_subscription_id_type_check CHECK (
        subscription_id GLOB '????????-????-????-????-????????????'
        AND length(replace(subscription_id, '-', '')) = 32
        AND replace(subscription_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT invoices_payment_id_type_check CHECK (
        payment_id GLOB '????????-????-????-????-????????????'
        AND length(replace(payment_id, '-', '')) = 32
        AND replace(payment_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- One invoice for each period, unless it was declared void.
CREATE UNIQUE INDEX invoices_period_key ON invoices (subscription_id, period_number)
WHERE subscription_id IS NOT NULL AND status <> 'VOID';

-- Those of a customer and with a status, those that are to be paid, and the deletion of periods.
CREATE INDEX idx_invoices_customer ON invoices (customer_id, created_at, id);
CREATE INDEX idx_invoices_status ON invoices (status, created_at, id);
CREATE INDEX idx_invoices_overdue ON invoices (due_at, id)
WHERE status = 'OPEN';
CREATE INDEX idx_invoices_period ON invoices (subscription_id, period_number);

-- The lines of an invoice. A negative amount is a credit. The rate of the tax is in basis points, 1900 are 19 %. It is
-- rounded to the nearest minor unit, halves away from zero.
CREATE TABLE invoice_lines (
    invoice_id text NOT NULL,
    position integer NOT NULL,
    description text NOT NULL,
    quantity integer NOT NULL DEFAULT 1,
    unit_amount integer NOT NULL,
    amount integer NOT NULL,
    tax_rate integer NOT NULL DEFAULT 0,
    tax integer NOT NULL DEFAULT 0,

    CONSTRAINT invoice_lines_pkey PRIMARY KEY (invoice_id, position),
    CONSTRAINT invoice_lines_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE,

    CONSTRAINT invoice_lines_position_check CHECK (position BETWEEN 1 AND 1000),
    CONSTRAINT invoice_lines_description_check CHECK (length(description) BETWEEN 1 AND 2000),
    CONSTRAINT invoice_lines_quantity_check CHECK (quantity BETWEEN 1 AND 1000000),
    CONSTRAINT invoice_lines_unit_amount_check CHECK (abs(unit_amount) <= 1000000000000),
    CONSTRAINT invoice_lines_amount_check CHECK (
        amount = quantity * unit_amount AND abs(amount) <= 100000000000000
    ),
    CONSTRAINT invoice_lines_tax_rate_check CHECK (tax_rate BETWEEN 0 AND 10000),
    CONSTRAINT invoice_lines_tax_check CHECK (
        abs(tax) = (abs(amount) * tax_rate + 5000) / 10000
        AND (tax = 0 OR (tax < 0) = (amount < 0))
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT invoice_lines_invoice_id_type_check CHECK (
        invoice_id GLOB '????????-????-????-????-????????????'
        AND length(replace(invoice_id, '-', '')) = 32
        AND replace(invoice_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The last number of each seller and year. Whoever issues an invoice waits here for the one before.
CREATE TABLE invoice_numbers (
    seller text NOT NULL,
    year integer NOT NULL,
    last_number integer NOT NULL,

    CONSTRAINT invoice_numbers_pkey PRIMARY KEY (seller, year),

    CONSTRAINT invoice_numbers_seller_check CHECK (length(seller) BETWEEN 1 AND 50),
    CONSTRAINT invoice_numbers_year_check CHECK (year BETWEEN 1 AND 9999),
    CONSTRAINT invoice_numbers_last_number_check CHECK (last_number >= 1)
) STRICT, WITHOUT ROWID;

-- Whom an invoice is for, in words. It is deleted with the user, and the invoice is kept without it.
CREATE TABLE invoice_recipients (
    invoice_id text NOT NULL,
    user_id text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    tax_number text,

    CONSTRAINT invoice_recipients_pkey PRIMARY KEY (invoice_id),
    CONSTRAINT invoice_recipients_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE,
    CONSTRAINT invoice_recipients_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT invoice_recipients_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT invoice_recipients_address_check CHECK (length(address) BETWEEN 1 AND 2000),
    CONSTRAINT invoice_recipients_tax_number_check CHECK (length(tax_number) BETWEEN 1 AND 50),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT invoice_recipients_invoice_id_type_check CHECK (
        invoice_id GLOB '????????-????-????-????-????????????'
        AND length(replace(invoice_id, '-', '')) = 32
        AND replace(invoice_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT invoice_recipients_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_invoice_recipients_user ON invoice_recipients (user_id, invoice_id);

CREATE TRIGGER invoices_first_status
BEFORE INSERT ON invoices
WHEN NEW.status <> 'DRAFT' OR NEW.net <> 0 OR NEW.tax <> 0
BEGIN
    SELECT RAISE(ABORT, 'invoices_first_status: A new invoice is a draft without amounts.');
END;

CREATE TRIGGER invoices_status_transition
BEFORE UPDATE ON invoices
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'OPEN')
        OR (OLD.status = 'OPEN' AND NEW.status IN ('PAID', 'VOID', 'UNCOLLECTIBLE'))
        OR (OLD.status = 'UNCOLLECTIBLE' AND NEW.status IN ('PAID', 'VOID'))
    )
BEGIN
    SELECT RAISE(ABORT, 'invoices_status_transition: An invoice cannot go to this status.');
END;

CREATE TRIGGER invoices_unchanged
BEFORE UPDATE ON invoices
WHEN
    NEW.id <> OLD.id
    OR NEW.seller <> OLD.seller
    OR NEW.currency <> OLD.currency
    OR NEW.created_at <> OLD.created_at
    OR NEW.subscription_id IS NOT OLD.subscription_id
    OR NEW.period_number IS NOT OLD.period_number
    OR (OLD.customer_id IS NULL AND OLD.status <> 'DRAFT' AND NEW.customer_id IS NOT NULL)
    OR (
        OLD.status <> 'DRAFT'
        AND (
            NEW.net <> OLD.net
            OR NEW.tax <> OLD.tax
            OR NEW.total <> OLD.total
            OR NEW.year IS NOT OLD.year
            OR NEW.number IS NOT OLD.number
            OR NEW.issued_at IS NOT OLD.issued_at
            OR NEW.due_at IS NOT OLD.due_at
        )
    )
    OR (
        OLD.status IN ('PAID', 'VOID')
        AND NEW.status = OLD.status
        AND (NEW.closed_at IS NOT OLD.closed_at OR NEW.payment_id IS NOT OLD.payment_id)
    )
BEGIN
    SELECT RAISE(ABORT, 'invoices_unchanged: An invoice that is issued is not changed.');
END;

CREATE TRIGGER invoices_total_kept
BEFORE UPDATE ON invoices
WHEN
    OLD.status = 'DRAFT'
    AND (NEW.net <> OLD.net OR NEW.tax <> OLD.tax)
    AND (
        SELECT coalesce(sum(amount), 0) <> NEW.net OR coalesce(sum(tax), 0) <> NEW.tax FROM invoice_lines
        WHERE invoice_id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'invoices_total_kept: The amounts of an invoice are the sums of its lines.');
END;

CREATE TRIGGER invoices_kept
BEFORE DELETE ON invoices
WHEN OLD.status <> 'DRAFT'
BEGIN
    SELECT RAISE(ABORT, 'invoices_kept: An invoice that is issued is not deleted. Declare it void.');
END;

-- differs: trigger invoices_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
-- One EXISTS for each key: where most rows have no value, SQLite would read the whole table for several keys at once.
CREATE TRIGGER invoices_not_replaced
BEFORE INSERT ON invoices
WHEN
    EXISTS (
        SELECT 1 FROM invoices
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM invoices
        WHERE subscription_id = NEW.subscription_id AND period_number = NEW.period_number AND status <> 'VOID'
    )
BEGIN
    SELECT RAISE(ABORT, 'invoices_not_replaced: An invoice with this id exists already.');
END;

-- differs: trigger invoices_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
-- One EXISTS for each key: where most rows have no value, SQLite would read the whole table for several keys at once.
CREATE TRIGGER invoices_not_overwritten
BEFORE UPDATE ON invoices
WHEN
    (NEW.number IS NOT OLD.number OR NEW.payment_id IS NOT OLD.payment_id)
    AND (
        EXISTS (
            SELECT 1 FROM invoices
            WHERE id <> OLD.id AND seller = NEW.seller AND year = NEW.year AND number = NEW.number
        )
        OR EXISTS (
            SELECT 1 FROM invoices
            WHERE id <> OLD.id AND payment_id = NEW.payment_id
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'invoices_not_overwritten: This number or payment belongs to another invoice.');
END;

CREATE TRIGGER invoice_lines_added_to_draft
BEFORE INSERT ON invoice_lines
WHEN
    EXISTS (
        SELECT 1 FROM invoices
        WHERE id = NEW.invoice_id AND status <> 'DRAFT'
    )
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_of_draft: Only a draft gets other lines.');
END;

CREATE TRIGGER invoice_lines_changed_in_draft
BEFORE UPDATE ON invoice_lines
WHEN
    NEW.invoice_id <> OLD.invoice_id
    OR EXISTS (
        SELECT 1 FROM invoices
        WHERE id = OLD.invoice_id AND status <> 'DRAFT'
    )
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_of_draft: Only a draft gets other lines.');
END;

CREATE TRIGGER invoice_lines_removed_from_draft
BEFORE DELETE ON invoice_lines
WHEN
    EXISTS (
        SELECT 1 FROM invoices
        WHERE id = OLD.invoice_id AND status <> 'DRAFT'
    )
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_of_draft: Only a draft gets other lines.');
END;

CREATE TRIGGER invoice_lines_added
AFTER INSERT ON invoice_lines
BEGIN
    UPDATE invoices
    SET
        net = (
            SELECT coalesce(sum(amount), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        ),
        tax = (
            SELECT coalesce(sum(tax), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        ),
        total = (
            SELECT coalesce(sum(amount + tax), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        )
    WHERE id = NEW.invoice_id;
END;

CREATE TRIGGER invoice_lines_changed
AFTER UPDATE ON invoice_lines
BEGIN
    UPDATE invoices
    SET
        net = (
            SELECT coalesce(sum(amount), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        ),
        tax = (
            SELECT coalesce(sum(tax), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        ),
        total = (
            SELECT coalesce(sum(amount + tax), 0) FROM invoice_lines
            WHERE invoice_id = NEW.invoice_id
        )
    WHERE id = NEW.invoice_id;
END;

CREATE TRIGGER invoice_lines_removed
AFTER DELETE ON invoice_lines
BEGIN
    UPDATE invoices
    SET
        net = (
            SELECT coalesce(sum(amount), 0) FROM invoice_lines
            WHERE invoice_id = OLD.invoice_id
        ),
        tax = (
            SELECT coalesce(sum(tax), 0) FROM invoice_lines
            WHERE invoice_id = OLD.invoice_id
        ),
        total = (
            SELECT coalesce(sum(amount + tax), 0) FROM invoice_lines
            WHERE invoice_id = OLD.invoice_id
        )
    WHERE id = OLD.invoice_id;
END;

CREATE TRIGGER invoice_recipients_added_to_draft
BEFORE INSERT ON invoice_recipients
WHEN
    EXISTS (
        SELECT 1 FROM invoices
        WHERE id = NEW.invoice_id AND status <> 'DRAFT'
    )
BEGIN
    SELECT RAISE(ABORT, 'invoice_recipients_of_draft: Only a draft gets another recipient.');
END;

CREATE TRIGGER invoice_recipients_changed_in_draft
BEFORE UPDATE ON invoice_recipients
WHEN
    NEW.invoice_id <> OLD.invoice_id
    OR (
        (NEW.name <> OLD.name OR NEW.address <> OLD.address OR NEW.tax_number IS NOT OLD.tax_number)
        AND EXISTS (
            SELECT 1 FROM invoices
            WHERE id = NEW.invoice_id AND status <> 'DRAFT'
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'invoice_recipients_of_draft: Only a draft gets another recipient.');
END;
