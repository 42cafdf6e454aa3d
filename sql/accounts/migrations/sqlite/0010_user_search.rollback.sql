DROP TRIGGER users_stale_grams;
ALTER TABLE users DROP COLUMN phone_number_grams;
ALTER TABLE users DROP COLUMN email_grams;
ALTER TABLE users DROP COLUMN display_name_grams;
ALTER TABLE users DROP COLUMN username_grams;
