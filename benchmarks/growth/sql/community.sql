-- A million rows of each kind: `series` has the numbers `n`, with an instant `at` for each of them. A user, a video or
-- a comment has as many rows in a small database as in a large one, but for a tenth of each kind, which belongs to one:
-- to the first video, the first comment or one of the first users. $users is the number of users, a tenth of `series`.

-- Twenty videos have a rare tag and a rare word, a tenth has each popular one.
INSERT INTO videos (
    id, owner_id, title, description, language, category, tags, duration_ms, status, visibility, published_at,
    created_at, updated_at, title_words, description_words, tags_words
)
SELECT
    id($VIDEO, n),
    id($USER, CASE WHEN n % 10 = 0 THEN 0 ELSE n % $users END),
    rare.word || ' ' || common.word,
    'about this and that',
    CASE n % 5 WHEN 0 THEN 'en' WHEN 1 THEN 'de' WHEN 2 THEN 'fr' WHEN 3 THEN 'es' ELSE 'hi' END,
    'category ' || (n / 5 % 10),
    texts('rare' || (n / 20), common.tag, common.other_tag),
    1000,
    CASE WHEN n % 50 = 49 THEN 'PROCESSING' ELSE 'READY' END,
    CASE WHEN n % 20 = 18 THEN 'FOLLOWERS' ELSE 'PUBLIC' END,
    CASE WHEN n % 50 <> 49 THEN series.at END,
    series.at,
    series.at,
    texts(rare.word, common.word),
    texts('about', 'and', 'that', 'this'),
    texts('rare' || (n / 20), common.tag, common.other_tag)
FROM series
INNER JOIN (SELECT n AS number, 'word' || (n / 20) AS word FROM series) AS rare ON series.n = rare.number
INNER JOIN (
    SELECT
        n AS number,
        CASE WHEN n % 10 = 4 THEN 'popular' ELSE 'plain' || (n % 7919) END AS word,
        CASE n % 10 WHEN 3 THEN 'music' WHEN 7 THEN 'sport' ELSE 'other' || (n % 9) END AS tag,
        CASE WHEN n % 100 = 3 THEN 'sport' ELSE 'more' || (n % 8) END AS other_tag
    FROM series
) AS common ON series.n = common.number;

INSERT INTO video_renditions (video_id, name, width, height, bitrate, codec, url, size)
SELECT id($VIDEO, n), 'hd', 1280, 720, 2500000, 'av1', 'https://cdn.example.org/' || n, 1000 FROM series;

-- Views of two hundred hours.
INSERT INTO video_views (video_id, viewer_id, hour, viewed_at)
SELECT
    id($VIDEO, CASE WHEN n % 10 = 0 THEN 0 ELSE n END), id($USER, n / 10 % $users), at(n % 100 * 7200),
    at(n % 100 * 7200)
FROM series;

INSERT INTO blocks (blocker_id, blocked_id, created_at)
SELECT id($USER, n), id($USER, (n + 5) % $users), series.at FROM series WHERE n BETWEEN 1 AND $users - 6;

-- All follow the first user, and nine others each: the differences are distinct, and blocks have another one.
INSERT INTO follows (follower_id, followed_id, status, created_at, accepted_at)
SELECT id($USER, n % $users), id($USER, followed), 'ACCEPTED', at(n), at(n)
FROM (
    SELECT
        n,
        CASE
            WHEN n < $users THEN 0 ELSE (n % $users + (n / $users) * (n / $users) * 37 + 1) % $users
        END AS followed
    FROM series
) AS pairs
WHERE n > 0 AND (n < $users OR followed <> 0);

-- All like the first video; the second user likes a tenth of all videos.
INSERT INTO video_likes (video_id, user_id, created_at)
SELECT
    id($VIDEO, CASE WHEN n < $users THEN 0 ELSE n END),
    id($USER, CASE WHEN n < $users THEN n WHEN n % 10 = 5 THEN 1 ELSE n * 13 % $users END),
    series.at
FROM series;

-- A tenth on the first video, a tenth below the first comment; the rest are trees of ten comments.
INSERT INTO comments (id, video_id, parent_id, root_id, depth, author_id, body, created_at)
SELECT
    id($COMMENT, n),
    id($VIDEO, CASE WHEN n < 2 * $users THEN 0 ELSE n - n % 10 END),
    CASE
        WHEN n < $users OR (n >= 2 * $users AND n % 10 = 0) THEN NULL
        WHEN n < 2 * $users THEN id($COMMENT, 0)
        WHEN n % 10 < 6 THEN id($COMMENT, n - n % 10)
        ELSE id($COMMENT, n - n % 10 + 1)
    END,
    id($COMMENT, CASE WHEN n < $users THEN n WHEN n < 2 * $users THEN 0 ELSE n - n % 10 END),
    CASE
        WHEN n < $users OR (n >= 2 * $users AND n % 10 = 0) THEN 1
        WHEN n >= 2 * $users AND n % 10 > 5 THEN 3
        ELSE 2
    END,
    id($USER, CASE WHEN n % 10 = 8 THEN 0 ELSE n * 17 % $users END),
    'Well said',
    series.at
FROM series
ORDER BY n;

INSERT INTO comment_likes (comment_id, user_id, created_at)
SELECT
    id($COMMENT, CASE WHEN n < $users THEN 0 ELSE n END),
    id($USER, CASE WHEN n < $users THEN n ELSE n * 29 % $users END),
    series.at
FROM series;

-- A tenth goes to the third user, a tenth comes from the fourth.
INSERT INTO shares (id, video_id, user_id, recipient_id, channel, created_at)
SELECT
    id($SHARE, n),
    id($VIDEO, n),
    id($USER, CASE WHEN n % 10 = 1 THEN 3 ELSE n % $users END),
    id($USER, CASE WHEN n % 10 = 2 THEN 2 WHEN n % $users = 3 THEN 4 ELSE (n + 1) % $users END),
    'USER',
    series.at
FROM series
WHERE n % $users <> 2;
