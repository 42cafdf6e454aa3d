-- Invoices. The lines of a DRAFT are changed, and triggers keep its sums. Then it is issued, gets a number and
-- stays as it is. A number refers to the one before it, of the same seller and year: so there is no gap.
CREATE TABLE invoices (
    id uuid NOT NULL,
    seller text COLLATE "C" NOT NULL,
    customer_id uuid,
    status text COLLATE "C" NOT NULL DEFAULT 'DRAFT',
    currency text COLLATE "C" NOT NULL,
    net bigint NOT NULL DEFAULT 0,
    tax bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    year bigint,
    number bigint,
    previous_number bigint,
    subscription_id uuid,
    period_number bigint,
    payment_id uuid,
    issued_at timestamptz,
    due_at timestamptz,
    closed_at timestamptz,
    metadata jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,

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
    CONSTRAINT invoices_currency_check CHECK (currency ~ '^[A-Z][A-Z][A-Z]$'),
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
    CONSTRAINT invoices_issue_year_check CHECK (year = extract(YEAR FROM issued_at AT TIME ZONE 'UTC')),
    CONSTRAINT invoices_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT invoices_issued_at_check CHECK (
        issued_at >= '0001-01-01 00:00:00+00'
        AND issued_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT invoices_due_at_check CHECK (
        due_at >= '0001-01-01 00:00:00+00'
        AND due_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT invoices_closed_at_check CHECK (
        closed_at >= '0001-01-01 00:00:00+00'
        AND closed_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT invoices_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

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
    invoice_id uuid NOT NULL,
    position bigint NOT NULL,
    description text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL DEFAULT 1,
    unit_amount bigint NOT NULL,
    amount bigint NOT NULL,
    tax_rate bigint NOT NULL DEFAULT 0,
    tax bigint NOT NULL DEFAULT 0,

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
    )
);

-- The last number of each seller and year. Whoever issues an invoice waits here for the one before.
CREATE TABLE invoice_numbers (
    seller text COLLATE "C" NOT NULL,
    year bigint NOT NULL,
    last_number bigint NOT NULL,

    CONSTRAINT invoice_numbers_pkey PRIMARY KEY (seller, year),

    CONSTRAINT invoice_numbers_seller_check CHECK (length(seller) BETWEEN 1 AND 50),
    CONSTRAINT invoice_numbers_year_check CHECK (year BETWEEN 1 AND 9999),
    CONSTRAINT invoice_numbers_last_number_check CHECK (last_number >= 1)
);

-- Whom an invoice is for, in words. It is deleted with the user, and the invoice is kept without it.
CREATE TABLE invoice_recipients (
    invoice_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    tax_number text COLLATE "C",

    CONSTRAINT invoice_recipients_pkey PRIMARY KEY (invoice_id),
    CONSTRAINT invoice_recipients_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id) ON DELETE CASCADE,
    CONSTRAINT invoice_recipients_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT invoice_recipients_name_check CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT invoice_recipients_address_check CHECK (length(address) BETWEEN 1 AND 2000),
    CONSTRAINT invoice_recipients_tax_number_check CHECK (length(tax_number) BETWEEN 1 AND 50)
);

CREATE INDEX idx_invoice_recipients_user ON invoice_recipients (user_id, invoice_id);

CREATE FUNCTION invoices_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invoices_first_status: A new invoice is a draft without amounts.';
END;
$$;

CREATE TRIGGER invoices_first_status
BEFORE INSERT ON invoices
FOR EACH ROW
WHEN (NEW.status <> 'DRAFT' OR NEW.net <> 0 OR NEW.tax <> 0)
EXECUTE FUNCTION invoices_first_status();

CREATE FUNCTION invoices_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invoices_status_transition: An invoice cannot go to this status.';
END;
$$;

CREATE TRIGGER invoices_status_transition
BEFORE UPDATE ON invoices
FOR EACH ROW
WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'DRAFT' AND NEW.status = 'OPEN')
        OR (OLD.status = 'OPEN' AND NEW.status IN ('PAID', 'VOID', 'UNCOLLECTIBLE'))
        OR (OLD.status = 'UNCOLLECTIBLE' AND NEW.status IN ('PAID', 'VOID'))
    )
)
EXECUTE FUNCTION invoices_status_transition();

CREATE FUNCTION invoices_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invoices_unchanged: An invoice that is issued is not changed.';
END;
$$;

CREATE TRIGGER invoices_unchanged
BEFORE UPDATE ON invoices
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.seller <> OLD.seller
    OR NEW.currency <> OLD.currency
    OR NEW.created_at <> OLD.created_at
    OR NEW.subscription_id IS DISTINCT FROM OLD.subscription_id
    OR NEW.period_number IS DISTINCT FROM OLD.period_number
    OR (OLD.customer_id IS NULL AND OLD.status <> 'DRAFT' AND NEW.customer_id IS NOT NULL)
    OR (
        OLD.status <> 'DRAFT'
        AND (
            NEW.net <> OLD.net
            OR NEW.tax <> OLD.tax
            OR NEW.total <> OLD.total
            OR NEW.year IS DISTINCT FROM OLD.year
            OR NEW.number IS DISTINCT FROM OLD.number
            OR NEW.issued_at IS DISTINCT FROM OLD.issued_at
            OR NEW.due_at IS DISTINCT FROM OLD.due_at
        )
    )
    OR (
        OLD.status IN ('PAID', 'VOID')
        AND NEW.status = OLD.status
        AND (NEW.closed_at IS DISTINCT FROM OLD.closed_at OR NEW.payment_id IS DISTINCT FROM OLD.payment_id)
    )
)
EXECUTE FUNCTION invoices_unchanged();

CREATE FUNCTION invoices_total_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_right boolean;
BEGIN
    EXECUTE format(
        'SELECT coalesce(sum(amount), 0) = $2 AND coalesce(sum(tax), 0) = $3 FROM %I.invoice_lines WHERE invoice_id = $1',
        TG_TABLE_SCHEMA
    )
    INTO is_right USING NEW.id, NEW.net, NEW.tax;
    IF is_right THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoices_total_kept: The amounts of an invoice are the sums of its lines.';
END;
$$;

CREATE TRIGGER invoices_total_kept
BEFORE UPDATE ON invoices
FOR EACH ROW
WHEN (OLD.status = 'DRAFT' AND (NEW.net <> OLD.net OR NEW.tax <> OLD.tax))
EXECUTE FUNCTION invoices_total_kept();

CREATE FUNCTION invoices_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invoices_kept: An invoice that is issued is not deleted. Declare it void.';
END;
$$;

CREATE TRIGGER invoices_kept
BEFORE DELETE ON invoices
FOR EACH ROW
WHEN (OLD.status <> 'DRAFT')
EXECUTE FUNCTION invoices_kept();

-- differs: trigger invoices_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER invoices_not_truncated
BEFORE TRUNCATE ON invoices
FOR EACH STATEMENT
EXECUTE FUNCTION invoices_kept();

-- The invoice is locked, so that it is not issued meanwhile. Without one, it is being deleted.
CREATE FUNCTION invoice_lines_of_draft() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_kept boolean;
    is_issued boolean;
BEGIN
    is_kept := TG_OP <> 'UPDATE' OR NEW.invoice_id = OLD.invoice_id;
    EXECUTE format('SELECT status <> ''DRAFT'' FROM %I.invoices WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA)
    INTO is_issued
    USING CASE WHEN TG_OP = 'INSERT' THEN NEW.invoice_id ELSE OLD.invoice_id END;
    IF is_kept AND is_issued IS NOT TRUE THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'invoice_lines_of_draft: Only a draft gets other lines.';
END;
$$;

CREATE TRIGGER invoice_lines_added_to_draft
BEFORE INSERT ON invoice_lines
FOR EACH ROW
EXECUTE FUNCTION invoice_lines_of_draft();

CREATE TRIGGER invoice_lines_changed_in_draft
BEFORE UPDATE ON invoice_lines
FOR EACH ROW
EXECUTE FUNCTION invoice_lines_of_draft();

CREATE TRIGGER invoice_lines_removed_from_draft
BEFORE DELETE ON invoice_lines
FOR EACH ROW
EXECUTE FUNCTION invoice_lines_of_draft();

-- differs: trigger invoice_lines_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE FUNCTION invoice_lines_not_truncated() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'invoice_lines_of_draft: Only a draft gets other lines.';
END;
$$;

CREATE TRIGGER invoice_lines_not_truncated
BEFORE TRUNCATE ON invoice_lines
FOR EACH STATEMENT
EXECUTE FUNCTION invoice_lines_not_truncated();

-- The invoices are locked by the trigger before, which comes first.
CREATE FUNCTION invoice_lines_summed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %1$I.invoices SET net = coalesce(line.net, 0), tax = coalesce(line.tax, 0),'
        ' total = coalesce(line.net + line.tax, 0)'
        ' FROM (SELECT invoice_id FROM changed GROUP BY invoice_id) AS touched'
        ' CROSS JOIN LATERAL (SELECT sum(amount) AS net, sum(tax) AS tax FROM %1$I.invoice_lines'
        ' WHERE invoice_id = touched.invoice_id) AS line'
        ' WHERE invoices.id = touched.invoice_id',
        TG_TABLE_SCHEMA
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER invoice_lines_added
AFTER INSERT ON invoice_lines
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT
EXECUTE FUNCTION invoice_lines_summed();

CREATE TRIGGER invoice_lines_changed
AFTER UPDATE ON invoice_lines
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT
EXECUTE FUNCTION invoice_lines_summed();

CREATE TRIGGER invoice_lines_removed
AFTER DELETE ON invoice_lines
REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT
EXECUTE FUNCTION invoice_lines_summed();

CREATE FUNCTION invoice_recipients_of_draft() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_issued boolean;
BEGIN
    EXECUTE format('SELECT status <> ''DRAFT'' FROM %I.invoices WHERE id = $1 FOR NO KEY UPDATE', TG_TABLE_SCHEMA)
    INTO is_issued USING NEW.invoice_id;
    IF is_issued IS NOT TRUE AND (TG_OP = 'INSERT' OR NEW.invoice_id = OLD.invoice_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'invoice_recipients_of_draft: Only a draft gets another recipient.';
END;
$$;

CREATE TRIGGER invoice_recipients_added_to_draft
BEFORE INSERT ON invoice_recipients
FOR EACH ROW
EXECUTE FUNCTION invoice_recipients_of_draft();

CREATE TRIGGER invoice_recipients_changed_in_draft
BEFORE UPDATE ON invoice_recipients
FOR EACH ROW
WHEN (
    NEW.invoice_id <> OLD.invoice_id
    OR NEW.name <> OLD.name
    OR NEW.address <> OLD.address
    OR NEW.tax_number IS DISTINCT FROM OLD.tax_number
)
EXECUTE FUNCTION invoice_recipients_of_draft();
