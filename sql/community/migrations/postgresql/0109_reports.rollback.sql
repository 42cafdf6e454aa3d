DROP TABLE reports;
DROP FUNCTION reports_moderator_gone();
DROP FUNCTION reports_target();
DROP FUNCTION reports_unchanged();
DROP FUNCTION reports_status_transition();
DROP FUNCTION reports_first_status();
