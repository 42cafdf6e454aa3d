DROP TABLE eve_tokens;
