DROP TRIGGER follows_counted_delete ON follows;
DROP TRIGGER follows_counted_update ON follows;
DROP TRIGGER follows_counted_insert ON follows;
DROP FUNCTION follows_counted();
DROP TABLE followed_counts;
DROP TABLE follower_counts;
