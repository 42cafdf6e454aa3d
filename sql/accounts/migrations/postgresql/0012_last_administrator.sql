-- Once there is an active administrator, there is always one: the last cannot be demoted, suspended or deleted.

-- The search path and the schema are fixed, so that no temporary table takes the place of the users.
CREATE FUNCTION last_administrator() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_allowed boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format(
            'SELECT NOT EXISTS (SELECT 1 FROM %I.users WHERE role = ''ADMIN'' AND status = ''ACTIVE'')',
            TG_TABLE_SCHEMA
        )
        INTO is_allowed;
    ELSE
        -- One transaction at a time takes an administrator away. The next one waits here until that is committed, and the
        -- query below then sees it.
        PERFORM pg_advisory_xact_lock(hashtextextended('last_administrator', TG_RELID::bigint));
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            -- The query below reads the snapshot of the transaction, and would not see it. Locking a row that has changed
            -- since the snapshot is a serialization failure, after which the transaction is repeated. Rows that others
            -- have locked are skipped. Such a transaction has not reached this trigger yet, or it takes nobody away.
            EXECUTE format(
                'SELECT 1 FROM %I.users WHERE role = ''ADMIN'' AND status = ''ACTIVE'' AND id <> $1'
                ' FOR SHARE SKIP LOCKED',
                TG_TABLE_SCHEMA
            )
            USING OLD.id;
        END IF;
        EXECUTE format(
            'SELECT EXISTS (SELECT 1 FROM %I.users WHERE role = ''ADMIN'' AND status = ''ACTIVE'' AND id <> $1)',
            TG_TABLE_SCHEMA
        )
        INTO is_allowed USING OLD.id;
    END IF;
    IF is_allowed IS NOT TRUE THEN
        RAISE EXCEPTION 'last_administrator: The last active administrator cannot be demoted, suspended or deleted.';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END;
$$;

CREATE TRIGGER last_administrator_update
BEFORE UPDATE ON users
FOR EACH ROW
WHEN (
    OLD.role = 'ADMIN' AND OLD.status = 'ACTIVE'
    AND NOT (NEW.role = 'ADMIN' AND NEW.status = 'ACTIVE')
)
EXECUTE FUNCTION last_administrator();

CREATE TRIGGER last_administrator_delete
BEFORE DELETE ON users
FOR EACH ROW
WHEN (OLD.role = 'ADMIN' AND OLD.status = 'ACTIVE')
EXECUTE FUNCTION last_administrator();

-- differs: trigger last_administrator_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER last_administrator_not_truncated
BEFORE TRUNCATE ON users
FOR EACH STATEMENT EXECUTE FUNCTION last_administrator();
