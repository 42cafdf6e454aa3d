-- Which kinds of event a user wants through which channel. Without a row, the user wants the kind.
CREATE TABLE notification_preferences (
    user_id uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    is_enabled boolean NOT NULL,
    updated_at timestamptz NOT NULL,

    CONSTRAINT notification_preferences_pkey PRIMARY KEY (user_id, kind, channel),
    CONSTRAINT notification_preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT notification_preferences_kind_check CHECK (length(kind) BETWEEN 1 AND 50),
    CONSTRAINT notification_preferences_channel_check CHECK (channel IN ('INBOX', 'EMAIL', 'PUSH')),

    -- Instants that every language can hold: the years 1 to 9999 in UTC.
    CONSTRAINT notification_preferences_updated_at_check CHECK (
        updated_at >= '0001-01-01 00:00:00+00'
        AND updated_at < '10000-01-01 00:00:00+00'
    )
);
