DROP TRIGGER follows_blocked_insert;
CREATE TRIGGER follows_not_blocked
BEFORE INSERT ON follows
WHEN
    EXISTS (
        SELECT 1 FROM blocks
        WHERE
            (blocker_id = NEW.follower_id AND blocked_id = NEW.followed_id)
            OR (blocker_id = NEW.followed_id AND blocked_id = NEW.follower_id)
    )
BEGIN
    SELECT RAISE(ABORT, 'follows_not_blocked: A user cannot follow another while one has blocked the other.');
END;
