-- Reports about videos, comments and users. Moderators claim the one that has been available longest. A claim ends at
-- `available_at`: another moderator may claim the report then. A report stays when its target is deleted.
CREATE TABLE reports (
    id text NOT NULL,
    reporter_id text,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    reason text NOT NULL,
    details text,
    metadata text NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'OPEN',
    claimed_by text,
    claimed_at text,
    available_at text,
    resolution text,
    note text,
    resolved_at text,
    created_at text NOT NULL,

    CONSTRAINT reports_pkey PRIMARY KEY (id),
    CONSTRAINT reports_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT reports_claimed_by_fkey FOREIGN KEY (claimed_by) REFERENCES users (id) ON DELETE SET NULL,

    CONSTRAINT reports_target_kind_check CHECK (target_kind IN ('VIDEO', 'COMMENT', 'USER')),
    CONSTRAINT reports_reason_check CHECK (
        reason IN ('SPAM', 'ABUSE', 'HATE', 'VIOLENCE', 'SEXUAL', 'COPYRIGHT', 'OTHER')
    ),
    CONSTRAINT reports_details_check CHECK (length(details) BETWEEN 1 AND 2000),
    CONSTRAINT reports_note_check CHECK (length(note) BETWEEN 1 AND 2000),
    CONSTRAINT reports_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),
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
        claimed_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(claimed_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(claimed_at, 1, 19), '+0 seconds') IS substr(claimed_at, 1, 19)
        AND claimed_at >= '0001'
    ),
    CONSTRAINT reports_available_at_check CHECK (
        available_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(available_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(available_at, 1, 19), '+0 seconds') IS substr(available_at, 1, 19)
        AND available_at >= '0001'
    ),
    CONSTRAINT reports_resolved_at_check CHECK (
        resolved_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(resolved_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(resolved_at, 1, 19), '+0 seconds') IS substr(resolved_at, 1, 19)
        AND resolved_at >= '0001'
    ),
    CONSTRAINT reports_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT reports_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT reports_reporter_id_type_check CHECK (
        reporter_id GLOB '????????-????-????-????-????????????'
        AND length(replace(reporter_id, '-', '')) = 32
        AND replace(reporter_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT reports_target_id_type_check CHECK (
        target_id GLOB '????????-????-????-????-????????????'
        AND length(replace(target_id, '-', '')) = 32
        AND replace(target_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT reports_claimed_by_type_check CHECK (
        claimed_by GLOB '????????-????-????-????-????????????'
        AND length(replace(claimed_by, '-', '')) = 32
        AND replace(claimed_by, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- One report that is not resolved for each reporter and target.
CREATE UNIQUE INDEX reports_unresolved_key ON reports (reporter_id, target_kind, target_id)
WHERE status <> 'RESOLVED';

-- The queue, the reports by status, about a target, of a reporter, and of a moderator.
CREATE INDEX idx_reports_available ON reports (available_at, id);
CREATE INDEX idx_reports_status ON reports (status, created_at, id);
CREATE INDEX idx_reports_target ON reports (target_id, created_at, id);
CREATE INDEX idx_reports_reporter ON reports (reporter_id, created_at, id);
CREATE INDEX idx_reports_claimed_by ON reports (claimed_by, status, created_at, id);

CREATE TRIGGER reports_first_status
BEFORE INSERT ON reports
WHEN NEW.status <> 'OPEN' OR NEW.reporter_id IS NULL
BEGIN
    SELECT RAISE(ABORT, 'reports_first_status: A new report has a reporter and is open.');
END;

CREATE TRIGGER reports_status_transition
BEFORE UPDATE ON reports
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'OPEN' AND NEW.status = 'CLAIMED' AND NEW.claimed_by IS NOT NULL)
        OR (OLD.status = 'CLAIMED' AND NEW.status IN ('OPEN', 'RESOLVED'))
    )
BEGIN
    SELECT RAISE(ABORT, 'reports_status_transition: A report cannot go to this status from the one it has.');
END;

CREATE TRIGGER reports_unchanged
BEFORE UPDATE ON reports
WHEN
    NEW.id <> OLD.id
    OR NEW.target_kind <> OLD.target_kind
    OR NEW.target_id <> OLD.target_id
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'reports_unchanged: The target of a report cannot be changed.');
END;

CREATE TRIGGER reports_target
BEFORE INSERT ON reports
WHEN
    (
        NEW.target_kind = 'VIDEO'
        AND NOT EXISTS (
            SELECT 1 FROM videos
            WHERE id = NEW.target_id
        )
    )
    OR (
        NEW.target_kind = 'COMMENT'
        AND NOT EXISTS (
            SELECT 1 FROM comments
            WHERE id = NEW.target_id
        )
    )
    OR (
        NEW.target_kind = 'USER'
        AND NOT EXISTS (
            SELECT 1 FROM users
            WHERE id = NEW.target_id
        )
    )
BEGIN
    SELECT RAISE(ABORT, 'reports_target: There is no such target to report.');
END;

-- A report whose moderator was deleted returns to the queue.
CREATE TRIGGER reports_moderator_gone
AFTER UPDATE ON reports
WHEN NEW.claimed_by IS NULL AND NEW.status = 'CLAIMED'
BEGIN
    UPDATE reports SET status = 'OPEN', claimed_at = NULL, available_at = created_at
    WHERE id = NEW.id;
END;

-- Without this, INSERT OR REPLACE would forget what became of a report.
-- differs: trigger reports_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER reports_not_replaced
BEFORE INSERT ON reports
WHEN
    EXISTS (
        SELECT 1 FROM reports
        WHERE
            id = NEW.id
            OR (
                reporter_id = NEW.reporter_id
                AND target_kind = NEW.target_kind
                AND target_id = NEW.target_id
                AND status <> 'RESOLVED'
            )
    )
BEGIN
    SELECT RAISE(ABORT, 'reports_not_replaced: A report is stored once.');
END;
