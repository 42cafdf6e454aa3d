-- name: insert_report
-- differs: the parameters of a SELECT need their types here
INSERT INTO reports (
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    available_at,
    created_at
)
SELECT
    cast(:id AS uuid) AS id,
    cast(:reporter_id AS uuid) AS reporter_id,
    cast(:target_kind AS text) AS target_kind,
    cast(:target_id AS uuid) AS target_id,
    cast(:reason AS text) AS reason,
    cast(:details AS text) AS details,
    cast(:metadata AS jsonb) AS metadata,
    cast(:now AS timestamptz) AS available_at,
    cast(:now AS timestamptz) AS created_at
WHERE
    NOT EXISTS (
        SELECT 1
        FROM reports
        WHERE
            id = :id
            OR (
                reporter_id = :reporter_id
                AND target_kind = :target_kind
                AND target_id = :target_id
                AND status <> 'RESOLVED'
            )
    )
ON CONFLICT DO NOTHING
RETURNING
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at;

-- name: insert_reports
-- All rows are one JSON parameter, so that many rows are one statement.
-- differs: a JSON array is read by json_to_recordset here, by json_each there
INSERT INTO reports (
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    available_at,
    created_at
)
SELECT
    entry.id,
    entry.reporter_id,
    entry.target_kind,
    entry.target_id,
    entry.reason,
    entry.details,
    entry.metadata,
    cast(:now AS timestamptz) AS available_at,
    cast(:now AS timestamptz) AS created_at
FROM json_to_recordset(:rows) AS entry (
    id uuid,
    reporter_id uuid,
    target_kind text,
    target_id uuid,
    reason text,
    details text,
    metadata jsonb
)
WHERE
    (
        SELECT reports.id
        FROM reports
        WHERE reports.id = entry.id
    ) IS NULL
    AND (
        SELECT reports.id
        FROM reports
        WHERE
            reports.reporter_id = entry.reporter_id
            AND reports.target_kind = entry.target_kind
            AND reports.target_id = entry.target_id
            AND reports.status <> 'RESOLVED'
    ) IS NULL
ON CONFLICT DO NOTHING;

-- name: find_unresolved_report
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE
    reporter_id = :reporter_id
    AND target_kind = :target_kind
    AND target_id = :target_id
    AND status <> 'RESOLVED';

-- name: find_report
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE id = :report_id;

-- name: claim_next_report
-- The report that has been available longest.
-- differs: a report that another moderator is claiming is passed over here; there only one writes
UPDATE reports
SET
    status = 'CLAIMED',
    claimed_by = :moderator_id,
    claimed_at = :now,
    available_at = :until
WHERE
    id = (
        SELECT id
        FROM reports
        WHERE available_at <= :now
        ORDER BY available_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
RETURNING
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at;

-- name: release_report
UPDATE reports
SET
    status = 'OPEN',
    claimed_by = NULL,
    claimed_at = NULL,
    available_at = created_at
WHERE
    id = :report_id
    AND claimed_by = :moderator_id
    AND status = 'CLAIMED';

-- name: resolve_report
-- A claim that has ended still counts until another moderator claims the report.
UPDATE reports
SET
    status = 'RESOLVED',
    available_at = NULL,
    resolution = :resolution,
    note = :note,
    resolved_at = coalesce(resolved_at, :now)
WHERE
    id = :report_id
    AND claimed_by = :moderator_id
    AND (
        status = 'CLAIMED'
        OR (status = 'RESOLVED' AND resolution = :resolution)
    )
RETURNING
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at;

-- name: list_reports
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE
    status = :status
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_reports_of_target
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE
    target_id = :target_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_reports_of_reporter
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE
    reporter_id = :reporter_id
    AND (created_at, id) < (:created_at, :id)  -- when after
ORDER BY created_at DESC, id DESC
LIMIT :limit;

-- name: list_claimed_reports
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE
    claimed_by = :moderator_id
    AND status = 'CLAIMED'
ORDER BY created_at, id
LIMIT :limit;

-- name: delete_resolved_reports
-- A batch, the oldest first.
DELETE FROM reports
WHERE
    id IN (
        SELECT id
        FROM reports
        WHERE
            status = 'RESOLVED'
            AND created_at < :before
        ORDER BY created_at, id
        LIMIT :batch_size
    );

-- name: stream_reports_of_reporter
SELECT
    id,
    reporter_id,
    target_kind,
    target_id,
    reason,
    details,
    metadata,
    status,
    claimed_by,
    claimed_at,
    available_at,
    resolution,
    note,
    resolved_at,
    created_at
FROM reports
WHERE reporter_id = :reporter_id
ORDER BY created_at, id;

-- name: move_reports
-- What the kept user has reported too, and is not resolved, stays.
UPDATE reports
SET reporter_id = :kept
WHERE
    reporter_id = :merged
    AND NOT EXISTS (
        SELECT 1
        FROM reports AS own
        WHERE
            own.reporter_id = :kept
            AND own.target_kind = reports.target_kind
            AND own.target_id = reports.target_id
            AND own.status <> 'RESOLVED'
    );

-- name: move_claims
UPDATE reports
SET claimed_by = :kept
WHERE claimed_by = :merged;
