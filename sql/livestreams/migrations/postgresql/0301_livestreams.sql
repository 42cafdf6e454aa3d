-- Livestreams: announced, live, over or called off. Lists read an index of those that are live or
-- announced, however many are over.
CREATE TABLE livestreams (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    title text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL DEFAULT '',
    language text COLLATE "C",
    category text COLLATE "C",
    tags text[] COLLATE "C" NOT NULL DEFAULT '{}',
    status text COLLATE "C" NOT NULL DEFAULT 'SCHEDULED',
    visibility text COLLATE "C" NOT NULL DEFAULT 'PRIVATE',
    thumbnail text COLLATE "C",
    recording_id uuid,
    metadata jsonb NOT NULL DEFAULT '{}',
    scheduled_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT livestreams_pkey PRIMARY KEY (id),
    CONSTRAINT livestreams_recording_id_key UNIQUE (recording_id),
    CONSTRAINT livestreams_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT livestreams_recording_id_fkey FOREIGN KEY (recording_id) REFERENCES videos (id) ON DELETE SET NULL,

    CONSTRAINT livestreams_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT livestreams_description_check CHECK (length(description) <= 10000),
    CONSTRAINT livestreams_language_check CHECK (
        length(language) BETWEEN 2 AND 35
        AND language ~ '^[a-z][a-z][A-Za-z0-9-]*$' AND language !~ '(--|-$)'
    ),
    CONSTRAINT livestreams_category_check CHECK (length(category) BETWEEN 1 AND 50),
    CONSTRAINT livestreams_tags_check CHECK (cardinality(tags) <= 30),
    CONSTRAINT livestreams_status_check CHECK (status IN ('SCHEDULED', 'LIVE', 'ENDED', 'CANCELLED')),
    CONSTRAINT livestreams_visibility_check CHECK (visibility IN ('PUBLIC', 'UNLISTED', 'FOLLOWERS', 'PRIVATE')),
    CONSTRAINT livestreams_thumbnail_check CHECK (length(thumbnail) BETWEEN 1 AND 2000),
    CONSTRAINT livestreams_started_check CHECK ((started_at IS NOT NULL) = (status IN ('LIVE', 'ENDED'))),
    CONSTRAINT livestreams_ended_check CHECK ((ended_at IS NOT NULL) = (status = 'ENDED')),
    CONSTRAINT livestreams_span_check CHECK (ended_at >= started_at),
    CONSTRAINT livestreams_recording_check CHECK (recording_id IS NULL OR status = 'ENDED'),
    CONSTRAINT livestreams_metadata_check CHECK (jsonb_typeof(metadata) = 'object'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestreams_scheduled_at_check CHECK (
        scheduled_at >= '0001-01-01 00:00:00+00'
        AND scheduled_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT livestreams_started_at_check CHECK (
        started_at >= '0001-01-01 00:00:00+00'
        AND started_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT livestreams_ended_at_check CHECK (
        ended_at >= '0001-01-01 00:00:00+00'
        AND ended_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT livestreams_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT livestreams_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);

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
    livestream_id uuid NOT NULL,
    key_hash text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL,

    CONSTRAINT livestream_keys_pkey PRIMARY KEY (livestream_id),
    CONSTRAINT livestream_keys_key_hash_key UNIQUE (key_hash),
    CONSTRAINT livestream_keys_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,

    CONSTRAINT livestream_keys_key_hash_check CHECK (length(key_hash) = 64 AND key_hash !~ '[^0-9a-f]'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestream_keys_issued_at_check CHECK (
        issued_at >= '0001-01-01 00:00:00+00'
        AND issued_at < '10000-01-01 00:00:00+00'
    )
);

-- Who wants to be reminded of a livestream. `queued_at` is when the message was given to the outbox.
CREATE TABLE livestream_reminders (
    livestream_id uuid NOT NULL,
    user_id uuid NOT NULL,
    queued_at timestamptz,
    created_at timestamptz NOT NULL,

    CONSTRAINT livestream_reminders_pkey PRIMARY KEY (livestream_id, user_id),
    CONSTRAINT livestream_reminders_livestream_id_fkey FOREIGN KEY (livestream_id)
    REFERENCES livestreams (id) ON DELETE CASCADE,
    CONSTRAINT livestream_reminders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT livestream_reminders_queued_at_check CHECK (
        queued_at >= '0001-01-01 00:00:00+00'
        AND queued_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT livestream_reminders_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);

-- The reminders of a user, and those of a livestream that are not in the outbox.
CREATE INDEX idx_livestream_reminders_user ON livestream_reminders (user_id, created_at, livestream_id);
CREATE INDEX idx_livestream_reminders_queue ON livestream_reminders (livestream_id, queued_at, user_id);

CREATE FUNCTION livestream_reminders_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'livestream_reminders_unchanged: A reminder is given to the outbox once.';
END;
$$;

CREATE TRIGGER livestream_reminders_unchanged
BEFORE UPDATE ON livestream_reminders
FOR EACH ROW
WHEN (
    NEW.livestream_id <> OLD.livestream_id
    OR NEW.created_at <> OLD.created_at
    OR (OLD.queued_at IS NOT NULL AND NEW.queued_at IS DISTINCT FROM OLD.queued_at)
)
EXECUTE FUNCTION livestream_reminders_unchanged();

CREATE FUNCTION livestreams_status_transition() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'livestreams_status_transition: A livestream cannot go to this status from the one it has.';
END;
$$;

CREATE TRIGGER livestreams_status_transition
BEFORE UPDATE ON livestreams
FOR EACH ROW
WHEN (
    NEW.status <> OLD.status
    AND NOT (
        (OLD.status = 'SCHEDULED' AND NEW.status IN ('LIVE', 'CANCELLED'))
        OR (OLD.status = 'LIVE' AND NEW.status = 'ENDED')
    )
)
EXECUTE FUNCTION livestreams_status_transition();

CREATE FUNCTION livestreams_unchanged() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'livestreams_unchanged: A livestream keeps its id, its instants and its recording.';
END;
$$;

CREATE TRIGGER livestreams_unchanged
BEFORE UPDATE ON livestreams
FOR EACH ROW
WHEN (
    NEW.id <> OLD.id
    OR NEW.created_at <> OLD.created_at
    OR NEW.started_at <> OLD.started_at
    OR NEW.ended_at <> OLD.ended_at
    OR NEW.recording_id <> OLD.recording_id
)
EXECUTE FUNCTION livestreams_unchanged();

CREATE FUNCTION livestreams_tags_each_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF
        cardinality(NEW.tags)
        <> (SELECT count(DISTINCT tag) FROM unnest(NEW.tags) AS tag WHERE length(tag) BETWEEN 1 AND 50)
        OR array_ndims(NEW.tags) > 1
    THEN
        RAISE EXCEPTION 'livestreams_tags_each_once: A livestream has each tag once, of at most 50 characters.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER livestreams_tags_insert
BEFORE INSERT ON livestreams
FOR EACH ROW WHEN (NEW.tags <> '{}')
EXECUTE FUNCTION livestreams_tags_each_once();

CREATE TRIGGER livestreams_tags_update
BEFORE UPDATE ON livestreams
FOR EACH ROW WHEN (NEW.tags IS DISTINCT FROM OLD.tags)
EXECUTE FUNCTION livestreams_tags_each_once();

CREATE FUNCTION livestreams_recording_of_owner() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_of_another boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.videos WHERE id = $1 AND owner_id <> $2)', TG_TABLE_SCHEMA)
    INTO is_of_another USING NEW.recording_id, NEW.owner_id;
    IF is_of_another THEN
        RAISE EXCEPTION 'livestreams_recording_of_owner: The recording of a livestream is a video of its owner.';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER livestreams_recording_insert
BEFORE INSERT ON livestreams
FOR EACH ROW WHEN (NEW.recording_id IS NOT NULL)
EXECUTE FUNCTION livestreams_recording_of_owner();

CREATE TRIGGER livestreams_recording_update
BEFORE UPDATE ON livestreams
FOR EACH ROW WHEN (NEW.recording_id IS DISTINCT FROM OLD.recording_id)
EXECUTE FUNCTION livestreams_recording_of_owner();
