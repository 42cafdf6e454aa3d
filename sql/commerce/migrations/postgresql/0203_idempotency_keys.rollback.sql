DROP TABLE idempotency_keys;
DROP FUNCTION idempotency_keys_claimed();
DROP FUNCTION idempotency_keys_answered();
DROP FUNCTION idempotency_keys_unchanged();
DROP FUNCTION idempotency_keys_first();
