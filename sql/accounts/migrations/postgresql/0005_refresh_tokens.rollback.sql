DROP TABLE refresh_tokens;
DROP FUNCTION refresh_tokens_rotation();
DROP FUNCTION refresh_tokens_final();
DROP FUNCTION refresh_tokens_unchanged();
