-- What happened to accounts, for their owners and for administrators. Rows are added and, after the retention period,
-- deleted. There is no foreign key: an event outlives its user.
CREATE TABLE security_events (
    id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    user_id uuid,
    actor_id uuid,
    source text COLLATE "C",
    user_agent text COLLATE "C",
    occurred_at timestamptz NOT NULL,

    CONSTRAINT security_events_pkey PRIMARY KEY (id),

    -- The kinds may grow without a migration, so the rule is a format.
    CONSTRAINT security_events_kind_check CHECK (kind ~ '^[A-Z_]{1,40}$'),
    CONSTRAINT security_events_source_check CHECK (length(source) BETWEEN 1 AND 255),
    CONSTRAINT security_events_user_agent_check CHECK (length(user_agent) BETWEEN 1 AND 512),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT security_events_occurred_at_check CHECK (
        occurred_at >= '0001-01-01 00:00:00+00'
        AND occurred_at < '10000-01-01 00:00:00+00'
    )
);

-- The list of all events and the purge, the list of a user, and what an administrator did.
CREATE INDEX idx_security_events_occurred_at ON security_events (occurred_at, id);
CREATE INDEX idx_security_events_user ON security_events (user_id, occurred_at, id);
CREATE INDEX idx_security_events_actor ON security_events (actor_id);

-- One row: for how many days events are kept. Without the row, no event can be deleted.
CREATE TABLE security_event_retention (
    id bigint NOT NULL,
    days bigint NOT NULL,

    CONSTRAINT security_event_retention_pkey PRIMARY KEY (id),
    CONSTRAINT security_event_retention_id_check CHECK (id = 1),
    CONSTRAINT security_event_retention_days_check CHECK (days BETWEEN 1 AND 36500)
);

INSERT INTO security_event_retention (id, days) VALUES (1, 365);

CREATE FUNCTION security_events_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'security_events_unchanged: Only source and user_agent can be changed, and only to NULL.';
END;
$$;

CREATE TRIGGER security_events_unchanged
BEFORE UPDATE ON security_events
FOR EACH ROW
WHEN (
    NEW.id IS DISTINCT FROM OLD.id
    OR NEW.kind IS DISTINCT FROM OLD.kind
    OR NEW.user_id IS DISTINCT FROM OLD.user_id
    OR NEW.actor_id IS DISTINCT FROM OLD.actor_id
    OR NEW.occurred_at IS DISTINCT FROM OLD.occurred_at
    OR (NEW.source IS NOT NULL AND NEW.source IS DISTINCT FROM OLD.source)
    OR (NEW.user_agent IS NOT NULL AND NEW.user_agent IS DISTINCT FROM OLD.user_agent)
)
EXECUTE FUNCTION security_events_unchanged();

-- The server's own clock decides, so that no statement can pretend that time has passed. The search path and the schema
-- are fixed, so that no temporary table and no function of another schema takes the place of what is meant.
CREATE FUNCTION security_events_kept() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_over boolean;
BEGIN
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('SELECT $1 < now() - days * interval ''24 hours'' FROM %I.security_event_retention', TG_TABLE_SCHEMA)
        INTO is_over USING OLD.occurred_at;
        IF is_over THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'security_events_kept: A security event can be deleted only after the retention period.';
END;
$$;

CREATE TRIGGER security_events_kept
BEFORE DELETE ON security_events
FOR EACH ROW EXECUTE FUNCTION security_events_kept();

-- differs: trigger security_events_not_truncated: TRUNCATE is PostgreSQL's alone
CREATE TRIGGER security_events_not_truncated
BEFORE TRUNCATE ON security_events
FOR EACH STATEMENT EXECUTE FUNCTION security_events_kept();
