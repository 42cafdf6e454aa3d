-- Users who have published long ago have the oldest tenth of all videos. The others have the rest: the lower the number
-- of a user, the more of them. The owner of a video is the cube of a number between 0 and 1, so a tenth has half of them.

INSERT INTO users (
    id, username, username_fold, email, email_fold, display_name, display_name_fold, user_type, hashed_password,
    created_at, updated_at
)
SELECT
    id($USER, n), 'user' || n, 'user' || n, n || '@x.org', n || '@x.org', 'user' || n, 'user' || n, 'LOCAL', 'x',
    at(0), at(0)
FROM series
WHERE n < $authors + 100;

INSERT INTO videos (
    id, owner_id, title, duration_ms, status, visibility, published_at, created_at, updated_at
)
SELECT
    id($VIDEO, n),
    id(
        $USER,
        CASE
            WHEN n < $old_videos THEN $authors / 2 + n % ($authors / 2)
            ELSE part * part / 100003 * part / 100003 * ($authors / 2) / 100003
        END
    ),
    'Flight ' || n,
    1000,
    'READY',
    CASE WHEN n % 10 = 3 THEN 'FOLLOWERS' ELSE 'PUBLIC' END,
    shown_at,
    shown_at,
    shown_at
FROM (SELECT n, n * 7919 % 100003 AS part, series.at AS shown_at FROM series) AS numbered;
