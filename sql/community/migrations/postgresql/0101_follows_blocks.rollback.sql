DROP TABLE blocks;
DROP TABLE follows;
DROP FUNCTION blocks_end_follows();
DROP FUNCTION follows_not_blocked();
DROP FUNCTION blocks_unchanged();
DROP FUNCTION follows_unchanged();
DROP FUNCTION follows_status_transition();
