-- Reports about videos, comments and users. Moderators claim the one that has been available longest. A claim ends at
-- `available_at`: another moderator may claim the report then. A report stays when its target is deleted.
CREATE TABLE reports (
    id uuid NOT NULL,
    reporter_id uuid,
    target_kind text COLLATE "C" NOT NULL,
    target_id uuid NOT NULL,
    reason text COLLATE "C" NOT NULL,
    details text COLLATE "C",
    metadata jsonb NOT NULL DEFAULT '{}',
    status text COLLATE "C" NOT NULL DEFAULT 'OPEN',
    claimed_by uuid,
    claimed_at timestamptz,
    available_at timestamptz,
    resolution text COLLATE "C",
    note text COLLATE "C",
    resolved_at timestamptz,
    created_at timestamptz NOT NULL,

    CONSTRAINT reports_pkey PRIMARY KEY (id),
    CONSTRAINT reports_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT reports_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT reports_target_kind_check CHECK (target_kind IN ('VIDEO', 'COMMENT', 'USER')),
    CONSTRAINT reports_reason_check CHECK (
        reason IN ('SPAM', 'ABUSE', 'HATE', 'VIOLENCE', 'SEXUAL', 'COPYRIGHT', 'OTHER')
    ),
    CONSTRAINT reports_details_check CHECK (length(details) BETWEEN 1 AND 2000),
    CONSTRAINT reports_note_check CHECK (length(note) BETWEEN 1 AND 2000),
    CONSTRAINT reports_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),
    CONSTRAINT reports_status_check CHECK (status IN ('OPEN', 'CLAIMED', 'RESOLVED')),
    CONSTRAINT reports_resolution_check CHECK (resolution IN ('ACTION_TAKEN', 'NO_ACTION')),
    CONSTRAINT reports_open_check CHECK (status <> 'OPEN' OR claimed_by IS NULL),
    CONSTRAINT reports_claimed_check CHECK ((status = 'OPEN') = (claimed_at IS NULL)),
    CONSTRAINT reports_available_check CHECK ((status = 'RESOLVED') = (available_at IS NULL)),
    CONSTRAINT reports_resolved_check CHECK (
        (status = 'RESOLVED') = (resolved_at IS NOT NULL) AND (status = 'RESOLVED') = (resolution IS NOT NULL)
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT reports_claimed_at_check CHECK (
        claimed_at >= '0001-01-01 00:00:00+00'
        AND claimed_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT reports_available_at_check CHECK (
        available_at >= '0001-01-01 00:00:00+00'
        AND available_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT reports_resolved_at_check CHECK (
        resolved_at >= '0001-01-01 00:00:00+00'
        AND resolved_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT reports_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- One report that is not resolved for each reporter and target.
CREATE UNIQUE INDEX reports_unresolved_key ON reports (reporter_id, target_kind, target_id)
WHERE status <> 'RESOLVED';

-- The queue, the reports by status, about a target, of a reporter, and of a moderator.
CREATE INDEX idx_reports_available ON reports (available_at, id);
CREATE INDEX idx_reports_status ON reports (status, created_at, id);
CREATE INDEX idx_reports_target ON reports (target_id, created_at, id);
CREATE INDEX idx_reports_reporter ON reports (reporter_id, created_at, id);
CREATE INDEX idx_reports_claimed_by ON reports (claimed_by, status, created_at, id);

CREATE FUNCTION reports_first_status() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'reports_first_status: A new report has a reporter and is open.';
END;
$$;

CREATE TRIGGER reports_first_status
BEFORE INSERT ON reports
FOR EACH ROW
WHEN (NEW.status <> 'OPEN' OR NEW.reporter_id IS NULL)
EXECUTE FUNCTION reports_first_status();

CREATE FUNCTION reports_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'reports_status_transition: A report cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER reports_status_transition
BEFORE UPDATE ON reports
FOR EACH ROW
WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'OPEN' AND NEW.status = 'CLAIMED' AND NEW.claimed_by IS NOT NULL)
        OR (OLD.status = 'CLAIMED' AND NEW.status IN ('OPEN', 'RESOLVED'))
    )
)
EXECUTE FUNCTION reports_status_transition();

CREATE FUNCTION reports_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'reports_unchanged: The target of a report cannot be changed.';
END;
$$;

CREATE TRIGGER reports_unchanged
BEFORE UPDATE ON reports
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.target_kind <> OLD.target_kind
    OR NEW.target_id <> OLD.target_id
    OR NEW.created_at <> OLD.created_at
)
EXECUTE FUNCTION reports_unchanged();

CREATE FUNCTION reports_target() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_there boolean;
BEGIN
    EXECUTE format(
        'SELECT EXISTS (SELECT 1 FROM %I.%I WHERE id = $1)', TG_TABLE_SCHEMA, lower(NEW.target_kind) || 's'
    )
    INTO is_there USING NEW.target_id;
    IF NOT is_there THEN
        RAISE EXCEPTION 'reports_target: There is no such target to report.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER reports_target
BEFORE INSERT ON reports
FOR EACH ROW WHEN (NEW.target_kind IN ('VIDEO', 'COMMENT', 'USER'))
EXECUTE FUNCTION reports_target();

CREATE FUNCTION reports_moderator_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format(
        'UPDATE %I.reports SET status = ''OPEN'', claimed_at = NULL, available_at = created_at WHERE id = $1',
        TG_TABLE_SCHEMA
    )
    USING NEW.id;
    RETURN NULL;
END;
$$;

CREATE TRIGGER reports_moderator_gone
AFTER UPDATE ON reports
FOR EACH ROW WHEN (NEW.claimed_by IS NULL AND NEW.status = 'CLAIMED')
EXECUTE FUNCTION reports_moderator_gone();
