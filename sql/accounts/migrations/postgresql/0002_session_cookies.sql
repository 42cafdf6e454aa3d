-- A user's credentials for other platforms, sealed before they arrive here; they go when the user goes.
CREATE TABLE session_cookies (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    platform text COLLATE "C" NOT NULL,
    cookies text COLLATE "C" NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,

    CONSTRAINT session_cookies_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT session_cookies_platform_check CHECK (length(platform) BETWEEN 1 AND 50),
    -- Nothing unsealed is ever stored.
    CONSTRAINT session_cookies_cookies_check CHECK (substr(cookies, 1, 3) = 'v1.'),

    -- Instants that every language can hold: the years 1 to 9999 in UTC, no infinity.
    CONSTRAINT session_cookies_expires_at_check CHECK (
        expires_at >= '0001-01-01 00:00:00+00'
        AND expires_at < '10000-01-01 00:00:00+00'
    ),
    CONSTRAINT session_cookies_created_at_check CHECK (
        created_at >= '0001-01-01 00:00:00+00'
        AND created_at < '10000-01-01 00:00:00+00'
    )
);
