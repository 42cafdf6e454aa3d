DROP TABLE confirmed_emails;
DROP TABLE one_time_tokens;
DROP FUNCTION one_time_tokens_final();
