DROP TRIGGER follows_not_replaced;
DROP TRIGGER follows_counted_delete;
DROP TRIGGER follows_counted_update;
DROP TRIGGER follows_counted_insert;
DROP TABLE followed_counts;
DROP TABLE follower_counts;
