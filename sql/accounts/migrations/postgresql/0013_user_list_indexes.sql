-- transactional: false
-- Built while others write. A build that failed leaves an invalid index behind, which goes first.

-- Lists and counts of users by role and by type, in each order; the id breaks ties.
DROP INDEX CONCURRENTLY IF EXISTS idx_users_role_created_at;
CREATE INDEX CONCURRENTLY idx_users_role_created_at ON users (role, created_at, id);
DROP INDEX CONCURRENTLY IF EXISTS idx_users_role_display_name;
CREATE INDEX CONCURRENTLY idx_users_role_display_name ON users (role, display_name_fold, id);
DROP INDEX CONCURRENTLY IF EXISTS idx_users_user_type_created_at;
CREATE INDEX CONCURRENTLY idx_users_user_type_created_at ON users (user_type, created_at, id);
DROP INDEX CONCURRENTLY IF EXISTS idx_users_user_type_display_name;
CREATE INDEX CONCURRENTLY idx_users_user_type_display_name ON users (user_type, display_name_fold, id);
