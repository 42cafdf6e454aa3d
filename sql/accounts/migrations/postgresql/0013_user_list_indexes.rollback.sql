-- transactional: false
DROP INDEX CONCURRENTLY IF EXISTS idx_users_user_type_display_name;
DROP INDEX CONCURRENTLY IF EXISTS idx_users_user_type_created_at;
DROP INDEX CONCURRENTLY IF EXISTS idx_users_role_display_name;
DROP INDEX CONCURRENTLY IF EXISTS idx_users_role_created_at;
