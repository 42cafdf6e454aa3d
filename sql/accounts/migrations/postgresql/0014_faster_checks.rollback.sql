-- The rows fulfil these rules already.
-- squawk-ignore-file constraint-missing-not-valid

ALTER TABLE security_events
DROP CONSTRAINT security_events_kind_check,
ADD CONSTRAINT security_events_kind_check CHECK (kind ~ '^[A-Z_]{1,40}$');

ALTER TABLE refresh_tokens
DROP CONSTRAINT refresh_tokens_token_hash_check,
ADD CONSTRAINT refresh_tokens_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$');

ALTER TABLE sign_in_failures
DROP CONSTRAINT sign_in_failures_key_check,
ADD CONSTRAINT sign_in_failures_key_check CHECK (key ~ '^[0-9a-f]{64}$');

ALTER TABLE recovery_codes
DROP CONSTRAINT recovery_codes_code_hash_check,
ADD CONSTRAINT recovery_codes_code_hash_check CHECK (code_hash ~ '^[0-9a-f]{64}$');

ALTER TABLE one_time_tokens
DROP CONSTRAINT one_time_tokens_token_hash_check,
ADD CONSTRAINT one_time_tokens_token_hash_check CHECK (token_hash ~ '^[0-9a-f]{64}$');
