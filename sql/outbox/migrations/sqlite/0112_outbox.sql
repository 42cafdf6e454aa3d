-- What an application has to do after a transaction: written in that transaction, done by a worker.
-- `number` is the order of the messages, and for those of one ordering key the order in which their transactions were
-- committed. `due_at` says when a message may be claimed: at first, after a failure, or when its lease ends.
-- differs: column outbox.number: a row id is numbered by itself here, an identity there
CREATE TABLE outbox (
    number integer NOT NULL,
    id text NOT NULL,
    topic text NOT NULL,
    ordering_key text,
    dedup_key text NOT NULL,
    payload text NOT NULL,
    status text NOT NULL DEFAULT 'PENDING',
    attempts integer NOT NULL DEFAULT 0,
    due_at text NOT NULL,
    claim_id text,
    last_error text,
    finished_at text,
    created_at text NOT NULL,

    CONSTRAINT outbox_pkey PRIMARY KEY (number),
    CONSTRAINT outbox_id_key UNIQUE (id),
    CONSTRAINT outbox_topic_dedup_key_key UNIQUE (topic, dedup_key),

    CONSTRAINT outbox_number_check CHECK (number > 0),
    CONSTRAINT outbox_topic_check CHECK (length(topic) BETWEEN 1 AND 100),
    CONSTRAINT outbox_ordering_key_check CHECK (length(ordering_key) BETWEEN 1 AND 200),
    CONSTRAINT outbox_dedup_key_check CHECK (length(dedup_key) BETWEEN 1 AND 200),
    CONSTRAINT outbox_payload_check CHECK (
        CASE WHEN json_valid(payload) THEN json_type(payload) = 'object' ELSE FALSE END
    ),
    CONSTRAINT outbox_status_check CHECK (status IN ('PENDING', 'WAITING', 'CLAIMED', 'DONE', 'DEAD')),
    CONSTRAINT outbox_attempts_check CHECK (attempts >= 0),
    CONSTRAINT outbox_last_error_check CHECK (length(last_error) <= 1000),
    -- Only a message with an ordering key waits behind another.
    CONSTRAINT outbox_waiting_check CHECK (status <> 'WAITING' OR ordering_key IS NOT NULL),
    CONSTRAINT outbox_claimed_check CHECK ((status = 'CLAIMED') = (claim_id IS NOT NULL)),
    CONSTRAINT outbox_finished_check CHECK ((status IN ('DONE', 'DEAD')) = (finished_at IS NOT NULL)),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT outbox_due_at_check CHECK (
        due_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(due_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(due_at, 1, 19), '+0 seconds') IS substr(due_at, 1, 19)
        AND due_at >= '0001'
    ),
    CONSTRAINT outbox_finished_at_check CHECK (
        finished_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(finished_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(finished_at, 1, 19), '+0 seconds') IS substr(finished_at, 1, 19)
        AND finished_at >= '0001'
    ),
    CONSTRAINT outbox_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT outbox_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT outbox_claim_id_type_check CHECK (
        claim_id GLOB '????????-????-????-????-????????????'
        AND length(replace(claim_id, '-', '')) = 32
        AND replace(claim_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- What can be claimed, the first due first.
CREATE INDEX idx_outbox_due ON outbox (topic, due_at, number)
WHERE status IN ('PENDING', 'CLAIMED');
-- Whether an earlier message of an ordering key is unfinished, and which comes next.
CREATE INDEX idx_outbox_key ON outbox (topic, ordering_key, number)
WHERE ordering_key IS NOT NULL AND status IN ('PENDING', 'WAITING', 'CLAIMED');
-- Of the messages of one ordering key, one is claimed at a time.
CREATE UNIQUE INDEX idx_outbox_one_claimed ON outbox (topic, ordering_key)
WHERE ordering_key IS NOT NULL AND status = 'CLAIMED';
-- The purge of what is done or dead.
CREATE INDEX idx_outbox_finished ON outbox (status, finished_at, number)
WHERE status IN ('DONE', 'DEAD');
-- The dead letters, all and those of a topic.
CREATE INDEX idx_outbox_dead ON outbox (finished_at, number)
WHERE status = 'DEAD';
CREATE INDEX idx_outbox_dead_of_topic ON outbox (topic, finished_at, number)
WHERE status = 'DEAD';

CREATE TRIGGER outbox_first_status
BEFORE INSERT ON outbox
WHEN
    NEW.status <> 'PENDING' OR NEW.attempts <> 0
BEGIN
    SELECT RAISE(ABORT, 'outbox_first_status: A new message is PENDING, and nobody has tried it.');
END;

CREATE TRIGGER outbox_status_transition
BEFORE UPDATE ON outbox
WHEN
    NOT (
        NEW.status = OLD.status
        OR (OLD.status = 'PENDING' AND NEW.status IN ('WAITING', 'CLAIMED', 'DEAD'))
        OR (OLD.status = 'WAITING' AND NEW.status IN ('PENDING', 'DEAD'))
        OR (OLD.status = 'CLAIMED' AND NEW.status IN ('PENDING', 'DONE', 'DEAD'))
        OR (OLD.status = 'DEAD' AND NEW.status = 'PENDING')
    )
BEGIN
    SELECT RAISE(ABORT, 'outbox_status_transition: A message cannot go to this status from the one it has.');
END;

CREATE TRIGGER outbox_unchanged
BEFORE UPDATE ON outbox
WHEN
    NEW.id <> OLD.id
    OR NEW.topic <> OLD.topic
    OR NEW.ordering_key IS NOT OLD.ordering_key
    OR NEW.dedup_key <> OLD.dedup_key
    OR NEW.payload <> OLD.payload
    OR NEW.created_at <> OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'outbox_unchanged: A message cannot be changed after it was written.');
END;

CREATE TRIGGER outbox_order_kept
BEFORE UPDATE ON outbox
WHEN
    CASE
        WHEN OLD.status = 'DEAD' AND NEW.status = 'PENDING' THEN NEW.number <= (SELECT max(number) FROM outbox)
        ELSE NEW.number <> OLD.number
    END
BEGIN
    SELECT RAISE(ABORT, 'outbox_order_kept: A message keeps its place. A dead one that is tried again comes last.');
END;

CREATE TRIGGER outbox_kept
BEFORE DELETE ON outbox
WHEN
    OLD.status NOT IN ('DONE', 'DEAD')
BEGIN
    SELECT RAISE(ABORT, 'outbox_kept: Only a message that is done or dead can be deleted.');
END;

-- When a message is finished, the next one of its ordering key can be claimed.
CREATE TRIGGER outbox_next_pending
AFTER UPDATE ON outbox
WHEN NEW.ordering_key IS NOT NULL AND NEW.status IN ('DONE', 'DEAD') AND NEW.status <> OLD.status
BEGIN
    UPDATE outbox SET status = 'PENDING'
    WHERE
        status = 'WAITING'
        AND number = (
            SELECT min(number) FROM outbox
            WHERE
                topic = NEW.topic
                AND ordering_key = NEW.ordering_key
                AND number > NEW.number
                AND status IN ('PENDING', 'WAITING', 'CLAIMED')
        );
END;

-- Without this, INSERT OR REPLACE would delete a message that is not done.
-- differs: trigger outbox_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER outbox_not_replaced
BEFORE INSERT ON outbox
WHEN
    EXISTS (
        SELECT 1 FROM outbox
        WHERE id = NEW.id OR number = NEW.number OR (topic = NEW.topic AND dedup_key = NEW.dedup_key)
    )
BEGIN
    SELECT RAISE(ABORT, 'outbox_not_replaced: A message with this id, number or de-duplication key exists already.');
END;

-- differs: trigger outbox_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER outbox_not_overwritten
BEFORE UPDATE ON outbox
WHEN
    NEW.status = 'CLAIMED'
    AND OLD.status <> 'CLAIMED'
    AND EXISTS (
        SELECT 1 FROM outbox
        WHERE topic = NEW.topic AND ordering_key = NEW.ordering_key AND status = 'CLAIMED'
    )
BEGIN
    SELECT RAISE(ABORT, 'outbox_not_overwritten: Another message with the same key is claimed.');
END;
