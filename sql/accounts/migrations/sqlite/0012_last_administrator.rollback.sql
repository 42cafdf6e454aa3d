DROP TRIGGER last_administrator_not_replaced;
DROP TRIGGER last_administrator_delete;
DROP TRIGGER last_administrator_update;
DROP TRIGGER had_administrator_update;
DROP TRIGGER had_administrator_insert;
DROP TABLE had_administrator;
