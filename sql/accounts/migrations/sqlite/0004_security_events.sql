-- What happened to accounts, for their owners and for administrators. Rows are added and, after the retention period,
-- deleted. There is no foreign key: an event outlives its user.
-- WITHOUT ROWID, because INSERT OR REPLACE by rowid would delete a row that no trigger sees.
CREATE TABLE security_events (
    id text NOT NULL,
    kind text NOT NULL,
    user_id text,
    actor_id text,
    source text,
    user_agent text,
    occurred_at text NOT NULL,

    CONSTRAINT security_events_pkey PRIMARY KEY (id),

    -- The kinds may grow without a migration, so the rule is a format.
    CONSTRAINT security_events_kind_check CHECK (
        length(kind) BETWEEN 1 AND 40
        AND kind NOT GLOB '*[^A-Z_]*'
    ),
    CONSTRAINT security_events_source_check CHECK (length(source) BETWEEN 1 AND 255),
    CONSTRAINT security_events_user_agent_check CHECK (length(user_agent) BETWEEN 1 AND 512),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, real dates, one fixed width that sorts.
    -- (strftime passes 30 February through unless it has something to add.)
    CONSTRAINT security_events_occurred_at_check CHECK (
        occurred_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(occurred_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(occurred_at, 1, 19), '+0 seconds') IS substr(occurred_at, 1, 19)
        AND occurred_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT security_events_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT security_events_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT security_events_actor_id_type_check CHECK (
        actor_id GLOB '????????-????-????-????-????????????'
        AND length(replace(actor_id, '-', '')) = 32
        AND replace(actor_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The list of all events and the purge, the list of a user, and what an administrator did.
CREATE INDEX idx_security_events_occurred_at ON security_events (occurred_at, id);
CREATE INDEX idx_security_events_user ON security_events (user_id, occurred_at, id);
CREATE INDEX idx_security_events_actor ON security_events (actor_id);

-- One row: for how many days events are kept. Without the row, no event can be deleted.
CREATE TABLE security_event_retention (
    id integer NOT NULL,
    days integer NOT NULL,

    CONSTRAINT security_event_retention_pkey PRIMARY KEY (id),
    CONSTRAINT security_event_retention_id_check CHECK (id = 1),
    CONSTRAINT security_event_retention_days_check CHECK (days BETWEEN 1 AND 36500)
) STRICT;

INSERT INTO security_event_retention (id, days) VALUES (1, 365);

CREATE TRIGGER security_events_unchanged
BEFORE UPDATE ON security_events
WHEN
    NEW.id IS NOT OLD.id
    OR NEW.kind IS NOT OLD.kind
    OR NEW.user_id IS NOT OLD.user_id
    OR NEW.actor_id IS NOT OLD.actor_id
    OR NEW.occurred_at IS NOT OLD.occurred_at
    OR (NEW.source IS NOT NULL AND NEW.source IS NOT OLD.source)
    OR (NEW.user_agent IS NOT NULL AND NEW.user_agent IS NOT OLD.user_agent)
BEGIN
    SELECT RAISE(ABORT, 'security_events_unchanged: Only source and user_agent can be changed, and only to NULL.');
END;

-- The database's own clock decides, so that no statement can pretend that time has passed.
CREATE TRIGGER security_events_kept
BEFORE DELETE ON security_events
WHEN
    (
        SELECT OLD.occurred_at < strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || days || ' days')
        FROM security_event_retention
    ) IS NOT TRUE
BEGIN
    SELECT RAISE(ABORT, 'security_events_kept: A security event can be deleted only after the retention period.');
END;

-- differs: trigger security_events_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER security_events_not_replaced
BEFORE INSERT ON security_events
WHEN
    EXISTS (
        SELECT 1
        FROM security_events
        WHERE id = NEW.id
    )
BEGIN
    SELECT RAISE(ABORT, 'security_events_not_replaced: A security event with this id exists already.');
END;
