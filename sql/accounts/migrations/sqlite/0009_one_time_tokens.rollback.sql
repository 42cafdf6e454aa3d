DROP TABLE confirmed_emails;
DROP TABLE one_time_tokens;
