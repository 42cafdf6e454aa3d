-- Which kinds of event a user wants through which channel. Without a row, the user wants the kind.
CREATE TABLE notification_preferences (
    user_id text NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    is_enabled integer NOT NULL,
    updated_at text NOT NULL,

    CONSTRAINT notification_preferences_pkey PRIMARY KEY (user_id, kind, channel),
    CONSTRAINT notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT notification_preferences_kind_check CHECK (length(kind) BETWEEN 1 AND 50),
    CONSTRAINT notification_preferences_channel_check CHECK (channel IN ('INBOX', 'EMAIL', 'PUSH')),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT notification_preferences_updated_at_check CHECK (
        updated_at GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].??????Z'
        AND substr(updated_at, 21, 6) NOT GLOB '*[^0-9]*'
        AND strftime('%Y-%m-%dT%H:%M:%S', substr(updated_at, 1, 19), '+0 seconds') IS substr(updated_at, 1, 19)
        AND updated_at >= '0001'
    ),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT notification_preferences_user_id_type_check CHECK (
        user_id GLOB '????????-????-????-????-????????????'
        AND length(replace(user_id, '-', '')) = 32
        AND replace(user_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    ),
    CONSTRAINT notification_preferences_is_enabled_type_check CHECK (is_enabled IN (0, 1))
) STRICT, WITHOUT ROWID;
