-- Once there is an active administrator, there is always one: the last cannot be demoted, suspended or deleted.

-- One row, from the first active administrator on. INSERT OR REPLACE and UPDATE OR REPLACE fire no DELETE trigger, so
-- no trigger sees the rows that they remove. Thanks to this row, the triggers only have to look who is left.
-- differs: table had_administrator: INSERT OR REPLACE is SQLite's alone
CREATE TABLE had_administrator (
    id integer NOT NULL,

    CONSTRAINT had_administrator_pkey PRIMARY KEY (id),
    CONSTRAINT had_administrator_id_check CHECK (id = 1)
) STRICT;

INSERT INTO had_administrator (id)
SELECT 1
WHERE EXISTS (
    SELECT 1 FROM users
    WHERE role = 'ADMIN' AND status = 'ACTIVE'
);

CREATE TRIGGER had_administrator_kept
BEFORE DELETE ON had_administrator
BEGIN
    SELECT RAISE(ABORT, 'had_administrator_kept: The note that there was an active administrator cannot be deleted.');
END;

-- differs: trigger had_administrator_insert: INSERT OR REPLACE is SQLite's alone
CREATE TRIGGER had_administrator_insert
AFTER INSERT ON users
WHEN NEW.role = 'ADMIN' AND NEW.status = 'ACTIVE'
BEGIN
    INSERT INTO had_administrator (id)
    SELECT 1
    WHERE NOT EXISTS (SELECT 1 FROM had_administrator);
END;

-- differs: trigger had_administrator_update: INSERT OR REPLACE is SQLite's alone
CREATE TRIGGER had_administrator_update
AFTER UPDATE ON users
WHEN NEW.role = 'ADMIN' AND NEW.status = 'ACTIVE'
BEGIN
    INSERT INTO had_administrator (id)
    SELECT 1
    WHERE NOT EXISTS (SELECT 1 FROM had_administrator);
END;

CREATE TRIGGER last_administrator_update
AFTER UPDATE ON users
WHEN
    NOT (NEW.role = 'ADMIN' AND NEW.status = 'ACTIVE')
    AND EXISTS (SELECT 1 FROM had_administrator)
    AND NOT EXISTS (
        SELECT 1 FROM users
        WHERE role = 'ADMIN' AND status = 'ACTIVE'
    )
BEGIN
    SELECT RAISE(ABORT, 'last_administrator: The last active administrator cannot be demoted, suspended or deleted.');
END;

CREATE TRIGGER last_administrator_delete
AFTER DELETE ON users
WHEN
    EXISTS (SELECT 1 FROM had_administrator)
    AND NOT EXISTS (
        SELECT 1 FROM users
        WHERE role = 'ADMIN' AND status = 'ACTIVE'
    )
BEGIN
    SELECT RAISE(ABORT, 'last_administrator: The last active administrator cannot be demoted, suspended or deleted.');
END;

-- differs: trigger last_administrator_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER last_administrator_not_replaced
AFTER INSERT ON users
WHEN
    NOT (NEW.role = 'ADMIN' AND NEW.status = 'ACTIVE')
    AND EXISTS (SELECT 1 FROM had_administrator)
    AND NOT EXISTS (
        SELECT 1 FROM users
        WHERE role = 'ADMIN' AND status = 'ACTIVE'
    )
BEGIN
    SELECT RAISE(ABORT, 'last_administrator: The last active administrator cannot be demoted, suspended or deleted.');
END;
