DROP TRIGGER last_administrator_not_truncated ON users;
DROP TRIGGER last_administrator_delete ON users;
DROP TRIGGER last_administrator_update ON users;
DROP FUNCTION last_administrator();
