-- Matching a pattern that counts, such as `[0-9a-f]{64}`, takes PostgreSQL at least four times as long as checking the
-- length and searching for any other character. The rules stay the same, and the rows fulfil them already.
-- squawk-ignore-file ban-drop-constraint, constraint-missing-not-valid

ALTER TABLE security_events
DROP CONSTRAINT security_events_kind_check,
ADD CONSTRAINT security_events_kind_check CHECK (length(kind) BETWEEN 1 AND 40 AND kind !~ '[^A-Z_]');

ALTER TABLE refresh_tokens
DROP CONSTRAINT refresh_tokens_token_hash_check,
ADD CONSTRAINT refresh_tokens_token_hash_check CHECK (length(token_hash) = 64 AND token_hash !~ '[^0-9a-f]');

ALTER TABLE sign_in_failures
DROP CONSTRAINT sign_in_failures_key_check,
ADD CONSTRAINT sign_in_failures_key_check CHECK (length(key) = 64 AND key !~ '[^0-9a-f]');

ALTER TABLE recovery_codes
DROP CONSTRAINT recovery_codes_code_hash_check,
ADD CONSTRAINT recovery_codes_code_hash_check CHECK (length(code_hash) = 64 AND code_hash !~ '[^0-9a-f]');

ALTER TABLE one_time_tokens
DROP CONSTRAINT one_time_tokens_token_hash_check,
ADD CONSTRAINT one_time_tokens_token_hash_check CHECK (length(token_hash) = 64 AND token_hash !~ '[^0-9a-f]');
