-- What providers report: each event once, done by a worker.
-- `number` is the order of the events, and for those of one object the order in which their transactions were
-- committed. `due_at` says when an event may be claimed: at first, after a failure, or when its lease ends.
-- differs: column webhook_events.number: a row id is numbered by itself here, an identity there
CREATE TABLE webhook_events (
    number integer NOT NULL,
    id text NOT NULL,
    provider text NOT NULL,
    object_key text,
    event_id text NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    status text NOT NULL DEFAULT 'RECEIVED',
    attempts integer NOT NULL DEFAULT 0,
    due_at text NOT NULL,
    claim_id text,
    last_error text,
    finished_at text,
    created_at text NOT NULL,

    CONSTRAINT webhook_events_pkey PRIMARY KEY (number),
    CONSTRAINT webhook_events_id_key UNIQUE (id),
    CONSTRAINT webhook_events_provider_event_id_key UNIQUE (provider, event_id),

    CONSTRAINT webhook_events_number_check CHECK (number > 0),
    CONSTRAINT webhook_events_provider_check CHECK (
        length(provider) BETWEEN 1 AND 50
        AND provider GLOB '[a-z]*'
        AND provider NOT GLOB '*[^a-z_]*'
    ),
    CONSTRAINT webhook_events_object_key_check CHECK (length(object_key) BETWEEN 1 AND 200),
    CONSTRAINT webhook_events_event_id_check CHECK (length(event_id) BETWEEN 1 AND 200),
    CONSTRAINT webhook_events_kind_check CHECK (length(kind) BETWEEN 1 AND 200),
    CONSTRAINT webhook_events_payload_check CHECK (
        CASE WHEN json_valid(payload) THEN json_type(payload) = 'object' ELSE FALSE END
    ),
    CONSTRAINT webhook_events_status_check CHECK (status IN ('RECEIVED', 'WAITING', 'CLAIMED', 'PROCESSED', 'FAILED')),
    CONSTRAINT webhook_events_attempts_check CHECK (attempts >= 0),
    CONSTRAINT webhook_events_last_error_check CHECK (length(last_error) <= 1000),
    -- Only an event with an object waits behind another.
    CONSTRAINT webhook_events_waiting_check CHECK (status <> 'WAITING' OR object_key IS NOT NULL),
    CONSTRAINT webhook_events_claimed_check CHECK ((status = 'CLAIMED') = (claim_id IS NOT NULL)),
    CONSTRAINT webhook_events_finished_check CHECK ((status IN ('PROCESSED', 'FAILED')) = (finished_at IS NOT NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT webhook_events_due_at_check CHECK (
        due_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(due_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(due_at, 1, 19), '+0 seconds') IS substr(due_at, 1, 19)
        AND due_at >= '0001'
    ),
    CONSTRAINT webhook_events_finished_at_check CHECK (
        finished_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(finished_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(finished_at, 1, 19), '+0 seconds') IS substr(finished_at, 1, 19)
        AND finished_at >= '0001'
    ),
    CONSTRAINT webhook_events_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT webhook_events_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT webhook_events_claim_id_type_check CHECK (
        claim_id GLOB '????????-????-????-????-????????????'
        AND length(replace(claim_id, '-', '')) = 32
        AND replace(claim_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- What can be claimed, the first due first.
CREATE INDEX idx_webhook_events_due ON webhook_events (provider, due_at, number)
WHERE status IN ('RECEIVED', 'CLAIMED');
-- Whether an earlier event of an object is unfinished, and which comes next.
CREATE INDEX idx_webhook_events_key ON webhook_events (provider, object_key, number)
WHERE object_key IS NOT NULL AND status IN ('RECEIVED', 'WAITING', 'CLAIMED');
-- Of the events of one object, one is claimed at a time.
CREATE UNIQUE INDEX idx_webhook_events_one_claimed ON webhook_events (provider, object_key)
WHERE object_key IS NOT NULL AND status = 'CLAIMED';
-- The purge of what is processed or has failed.
CREATE INDEX idx_webhook_events_finished ON webhook_events (status, finished_at, number)
WHERE status IN ('PROCESSED', 'FAILED');
-- The failed events, all and those of a provider.
CREATE INDEX idx_webhook_events_failed ON webhook_events (finished_at, number)
WHERE status = 'FAILED';
CREATE INDEX idx_webhook_events_failed_of_provider ON webhook_events (provider, finished_at, number)
WHERE status = 'FAILED';

CREATE TRIGGER webhook_events_first_status
BEFORE INSERT ON webhook_events
WHEN
    NEW.status <> 'RECEIVED' OR NEW.attempts <> 0
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_first_status: A new event is RECEIVED, and nobody has tried it.');
END;

CREATE TRIGGER webhook_events_status_transition
BEFORE UPDATE ON webhook_events
WHEN
    NOT (
        NEW.status = OLD.status
        OR (OLD.status = 'RECEIVED' AND NEW.status IN ('WAITING', 'CLAIMED', 'FAILED'))
        OR (OLD.status = 'WAITING' AND NEW.status IN ('RECEIVED', 'FAILED'))
        OR (OLD.status = 'CLAIMED' AND NEW.status IN ('RECEIVED', 'PROCESSED', 'FAILED'))
        OR (OLD.status = 'FAILED' AND NEW.status = 'RECEIVED')
    )
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_status_transition: An event cannot go to this status from the one it has.');
END;

CREATE TRIGGER webhook_events_unchanged
BEFORE UPDATE ON webhook_events
WHEN
    NEW.id <> OLD.id
    OR NEW.provider <> OLD.provider
    OR NEW.object_key IS NOT OLD.object_key
    OR NEW.event_id <> OLD.event_id
    OR NEW.kind <> OLD.kind
    OR NEW.payload <> OLD.payload
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_unchanged: An event cannot be changed after it was written.');
END;

CREATE TRIGGER webhook_events_order_kept
BEFORE UPDATE ON webhook_events
WHEN
    CASE
        WHEN OLD.status = 'FAILED' AND NEW.status = 'RECEIVED'
            THEN NEW.number <= (SELECT max(number) FROM webhook_events)
        ELSE NEW.number <> OLD.number
    END
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_order_kept: An event keeps its place. One that is tried again comes last.');
END;

CREATE TRIGGER webhook_events_kept
BEFORE DELETE ON webhook_events
WHEN
    OLD.status NOT IN ('PROCESSED', 'FAILED')
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_kept: Only an event that is processed or failed can be deleted.');
END;

-- When an event is finished, the next one of its object can be claimed.
CREATE TRIGGER webhook_events_next_pending
AFTER UPDATE ON webhook_events
WHEN NEW.object_key IS NOT NULL AND NEW.status IN ('PROCESSED', 'FAILED') AND NEW.status <> OLD.status
BEGIN
    UPDATE webhook_events SET status = 'RECEIVED'
    WHERE
        status = 'WAITING'
        AND number = (
            SELECT min(number) FROM webhook_events
            WHERE
                provider = NEW.provider
                AND object_key = NEW.object_key
                AND number > NEW.number
                AND status IN ('RECEIVED', 'WAITING', 'CLAIMED')
        );
END;

-- Without this, INSERT OR REPLACE would delete an event that is not done.
-- differs: trigger webhook_events_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER webhook_events_not_replaced
BEFORE INSERT ON webhook_events
WHEN
    EXISTS (
        SELECT 1 FROM webhook_events
        WHERE id = NEW.id OR number = NEW.number OR (provider = NEW.provider AND event_id = NEW.event_id)
    )
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_not_replaced: An event with this id, number or event id exists already.');
END;

-- differs: trigger webhook_events_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER webhook_events_not_overwritten
BEFORE UPDATE ON webhook_events
WHEN
    NEW.status = 'CLAIMED'
    AND OLD.status <> 'CLAIMED'
    AND EXISTS (
        SELECT 1 FROM webhook_events
        WHERE provider = NEW.provider AND object_key = NEW.object_key AND status = 'CLAIMED'
    )
BEGIN
    SELECT RAISE(ABORT, 'webhook_events_not_overwritten: Another event of the same object is claimed.');
END;
