-- Livestreams: announced, live, over or called off. Lists read an index of those that are live or
-- announced, however many are over.
CREATE TABLE livestreams (
    id text NOT NULL,
    owner_id text NOT NULL,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    language text,
    category text,
    tags text NOT NULL DEFAULT '[]',
    status text NOT NULL DEFAULT 'SCHEDULED',
    visibility text NOT NULL DEFAULT 'PRIVATE',
    thumbnail text,
    recording_id text,
    metadata text NOT NULL DEFAULT '{}',
    scheduled_at text,
    started_at text,
    ended_at text,
    created_at text NOT NULL,
    updated_at text NOT NULL,

    CONSTRAINT livestreams_pkey PRIMARY KEY (id),
    CONSTRAINT livestreams_recording_id_key UNIQUE (recording_id),
    CONSTRAINT livestreams_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT livestreams_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES videos (id) ON DELETE SET NULL,

    CONSTRAINT livestreams_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT livestreams_description_check CHECK (length(description) <= 10000),
    CONSTRAINT livestreams_language_check CHECK (
        length(language) BETWEEN 2 AND 35
        AND language GLOB '[a-z][a-z]*'
        AND language NOT GLOB '*[^A-Za-z0-9-]*'
        AND language NOT GLOB '*--*'
        AND language NOT GLOB '*-'
    ),
    CONSTRAINT livestreams_category_check CHECK (length(category) BETWEEN 1 AND 50),
    CONSTRAINT livestreams_tags_check CHECK (json_array_length(tags) <= 30),
    CONSTRAINT livestreams_status_check CHECK (status IN ('SCHEDULED', 'LIVE', 'ENDED', 'CANCELLED')),
    CONSTRAINT livestreams_visibility_check CHECK (visibility IN ('PUBLIC', 'UNLISTED', 'FOLLOWERS', 'PRIVATE')),
    CONSTRAINT livestreams_thumbnail_check CHECK (length(thumbnail) BETWEEN 1 AND 2000),
    CONSTRAINT livestreams_started_check CHECK ((started_at IS NOT NULL) = (status IN ('LIVE', 'ENDED'))),
    CONSTRAINT livestreams_ended_check CHECK ((ended_at IS NOT NULL) = (status = 'ENDED')),
    CONSTRAINT livestreams_span_check CHECK (ended_at >= started_at),
    CONSTRAINT livestreams_recording_check CHECK (recording_id IS NULL OR status = 'ENDED'),
    CONSTRAINT livestreams_metadata_check CHECK (
        CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE FALSE END
    ),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestreams_scheduled_at_check CHECK (
        scheduled_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(scheduled_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(scheduled_at, 1, 19), '+0 seconds') IS substr(scheduled_at, 1, 19)
        AND scheduled_at >= '0001'
    ),
    CONSTRAINT livestreams_started_at_check CHECK (
        started_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(started_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(started_at, 1, 19), '+0 seconds') IS substr(started_at, 1, 19)
        AND started_at >= '0001'
    ),
    CONSTRAINT livestreams_ended_at_check CHECK (
        ended_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(ended_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(ended_at, 1, 19), '+0 seconds') IS substr(ended_at, 1, 19)
        AND ended_at >= '0001'
    ),
    CONSTRAINT livestreams_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),
    CONSTRAINT livestreams_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT livestreams_id_type_check CHECK (
        id GLOB '????????-????-????-????-????????????'
        AND length(replace(id, '-', '')) = 32
        AND replace(id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT livestreams_owner_id_type_check CHECK (
        owner_id GLOB '????????-????-????-????-????????????'
        AND length(replace(owner_id, '-', '')) = 32
        AND replace(owner_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT livestreams_tags_type_check CHECK (
        CASE WHEN json_valid(tags) THEN json_type(tags) = 'array' ELSE FALSE END
    ),
    CONSTRAINT livestreams_recording_id_type_check CHECK (
        recording_id GLOB '????????-????-????-????-????????????'
        AND length(replace(recording_id, '-', '')) = 32
        AND replace(recording_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT;

-- The livestreams of an owner, alone and by status; those that are live, alone and by language, category or both;
-- and those that are announced, in the same ways.
CREATE INDEX idx_livestreams_owner ON livestreams (owner_id, created_at, id);
CREATE INDEX idx_livestreams_owner_status ON livestreams (owner_id, status, created_at, id);
CREATE INDEX idx_livestreams_live ON livestreams (started_at, id)
WHERE status = 'LIVE';
CREATE INDEX idx_livestreams_language_live ON livestreams (language, started_at, id)
WHERE status = 'LIVE';
CREATE INDEX idx_livestreams_category_live ON livestreams (category, started_at, id)
WHERE status = 'LIVE';
CREATE INDEX idx_livestreams_language_category_live ON livestreams (language, category, started_at, id)
WHERE status = 'LIVE';
CREATE INDEX idx_livestreams_scheduled ON livestreams (scheduled_at, id)
WHERE status = 'SCHEDULED';
CREATE INDEX idx_livestreams_language_scheduled ON livestreams (language, scheduled_at, id)
WHERE status = 'SCHEDULED';
CREATE INDEX idx_livestreams_category_scheduled ON livestreams (category, scheduled_at, id)
WHERE status = 'SCHEDULED';
CREATE INDEX idx_livestreams_language_category_scheduled ON livestreams (language, category, scheduled_at, id)
WHERE status = 'SCHEDULED';

-- The key with which an encoder may send a livestream. Only its SHA-256 is stored. A new key ends the one before.
CREATE TABLE livestream_keys (
    livestream_id text NOT NULL,
    key_hash text NOT NULL,
    issued_at text NOT NULL,

    CONSTRAINT livestream_keys_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT livestream_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT livestream_keys_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT livestream_keys_key_hash_check CHECK (length(key_hash) = 64 AND key_hash NOT GLOB '*[^0-9a-f]*'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestream_keys_issued_at_check CHECK (
        issued_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(issued_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(issued_at, 1, 19), '+0 seconds') IS substr(issued_at, 1, 19)
        AND issued_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT livestream_keys_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- Who wants to be reminded of a livestream. `queued_at` is when the message was given to the outbox.
CREATE TABLE livestream_reminders (
    livestream_id text NOT NULL,
    user_id text NOT NULL,
    queued_at text,
    created_at text NOT NULL,

    CONSTRAINT livestream_reminders_pkey PRIMARY KEY (livestream_id, user_id),
    CONSTRAINT livestream_reminders_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT livestream_reminders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestream_reminders_queued_at_check CHECK (
        queued_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(queued_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(queued_at, 1, 19), '+0 seconds') IS substr(queued_at, 1, 19)
        AND queued_at >= '0001'
    ),
    CONSTRAINT livestream_reminders_created_at_check CHECK (
        created_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(created_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(created_at, 1, 19), '+0 seconds') IS substr(created_at, 1, 19)
        AND created_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT livestream_reminders_livestream_id_type_check CHECK (
        livestream_id GLOB '????????-????-????-????-????????????'
        AND length(replace(livestream_id, '-', '')) = 32
        AND replace(livestream_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT livestream_reminders_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;

-- The reminders of a user, and those of a livestream that are not in the outbox.
CREATE INDEX idx_livestream_reminders_user ON livestream_reminders (user_id, created_at, livestream_id);
CREATE INDEX idx_livestream_reminders_queue ON livestream_reminders (livestream_id, queued_at, user_id);

CREATE TRIGGER livestream_reminders_unchanged
BEFORE UPDATE ON livestream_reminders
WHEN
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.created_at <> OLD.created_at
    OR (OLD.queued_at IS NOT NULL AND NEW.queued_at IS NOT OLD.queued_at)
BEGIN
    SELECT RAISE(ABORT, 'livestream_reminders_unchanged: A reminder is given to the outbox once.');
END;

CREATE TRIGGER livestreams_status_transition
BEFORE UPDATE ON livestreams
WHEN
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'SCHEDULED' AND NEW.status IN ('LIVE', 'CANCELLED'))
        OR (OLD.status = 'LIVE' AND NEW.status = 'ENDED')
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_status_transition: A livestream cannot go to this status from the one it has.');
END;

CREATE TRIGGER livestreams_unchanged
BEFORE UPDATE ON livestreams
WHEN
    NEW.id <> OLD.id
    OR NEW.created_at <> OLD.created_at
    OR NEW.started_at <> OLD.started_at
    OR NEW.ended_at <> OLD.ended_at
    OR NEW.recording_id <> OLD.recording_id
BEGIN
    SELECT RAISE(ABORT, 'livestreams_unchanged: A livestream keeps its id, its instants and its recording.');
END;

CREATE TRIGGER livestreams_tags_insert
BEFORE INSERT ON livestreams
WHEN
    json_array_length(NEW.tags) <> (
        SELECT count(DISTINCT value) FROM json_each(NEW.tags)
        WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_tags_each_once: A livestream has each tag once, of at most 50 characters.');
END;

CREATE TRIGGER livestreams_tags_update
BEFORE UPDATE ON livestreams
WHEN
    NEW.tags <> OLD.tags
    AND json_array_length(NEW.tags) <> (
        SELECT count(DISTINCT value) FROM json_each(NEW.tags)
        WHERE type = 'text' AND length(value) BETWEEN 1 AND 50
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_tags_each_once: A livestream has each tag once, of at most 50 characters.');
END;

CREATE TRIGGER livestreams_recording_insert
BEFORE INSERT ON livestreams
WHEN
    EXISTS (
        SELECT 1 FROM videos
        WHERE id = NEW.recording_id AND owner_id <> NEW.owner_id
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_recording_of_owner: The recording of a livestream is a video of its owner.');
END;

CREATE TRIGGER livestreams_recording_update
BEFORE UPDATE ON livestreams
WHEN
    NEW.recording_id IS NOT OLD.recording_id
    AND EXISTS (
        SELECT 1 FROM videos
        WHERE id = NEW.recording_id AND owner_id <> NEW.owner_id
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_recording_of_owner: The recording of a livestream is a video of its owner.');
END;

-- differs: trigger livestreams_not_overwritten: UPDATE OR REPLACE is SQLite's alone, and fires no DELETE trigger
CREATE TRIGGER livestreams_not_overwritten
BEFORE UPDATE ON livestreams
WHEN
    NEW.recording_id IS NOT OLD.recording_id
    AND EXISTS (
        SELECT 1 FROM livestreams
        WHERE recording_id = NEW.recording_id
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_not_overwritten: This recording belongs to another livestream.');
END;

-- differs: trigger livestream_reminders_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no UPDATE trigger
CREATE TRIGGER livestream_reminders_not_replaced
BEFORE INSERT ON livestream_reminders
WHEN
    EXISTS (
        SELECT 1 FROM livestream_reminders
        WHERE livestream_id = NEW.livestream_id AND user_id = NEW.user_id
    )
BEGIN
    SELECT RAISE(ABORT, 'livestream_reminders_not_replaced: A user is reminded of a livestream once.');
END;

-- differs: trigger livestreams_not_replaced: INSERT OR REPLACE is SQLite's alone, and fires no UPDATE trigger
-- One EXISTS for each key: where most rows have no value, SQLite would read the whole table for several keys at once.
CREATE TRIGGER livestreams_not_replaced
BEFORE INSERT ON livestreams
WHEN
    EXISTS (
        SELECT 1 FROM livestreams
        WHERE id = NEW.id
    )
    OR EXISTS (
        SELECT 1 FROM livestreams
        WHERE recording_id = NEW.recording_id
    )
BEGIN
    SELECT RAISE(ABORT, 'livestreams_not_replaced: A livestream with this id or recording exists already.');
END;
