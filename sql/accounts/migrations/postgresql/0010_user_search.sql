-- The trigrams by which a part of a text is found. They are made in Python, because both databases need the same ones.
-- A text that was stored before has none, and is not found until `hangar-dal refold` has made them.
ALTER TABLE users ADD COLUMN username_grams text[] COLLATE "C";
ALTER TABLE users ADD COLUMN display_name_grams text[] COLLATE "C";
ALTER TABLE users ADD COLUMN email_grams text[] COLLATE "C";
ALTER TABLE users ADD COLUMN phone_number_grams text[] COLLATE "C";

-- Grams never outlive their text: a change of the text that does not bring new grams removes them.
CREATE FUNCTION users_stale_grams() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF
        new.username_fold IS DISTINCT FROM old.username_fold
        AND new.username_grams = old.username_grams
        AND new.username_grams <> '{}'
    THEN
        new.username_grams := NULL;
    END IF;
    IF
        new.display_name_fold IS DISTINCT FROM old.display_name_fold
        AND new.display_name_grams = old.display_name_grams
        AND new.display_name_grams <> '{}'
    THEN
        new.display_name_grams := NULL;
    END IF;
    IF
        new.email_fold IS DISTINCT FROM old.email_fold
        AND new.email_grams = old.email_grams
        AND new.email_grams <> '{}'
    THEN
        new.email_grams := NULL;
    END IF;
    IF
        new.phone_number IS DISTINCT FROM old.phone_number
        AND new.phone_number_grams = old.phone_number_grams
        AND new.phone_number_grams <> '{}'
    THEN
        new.phone_number_grams := NULL;
    END IF;
    RETURN new;
END;
$$;

CREATE TRIGGER users_stale_grams
BEFORE UPDATE ON users
FOR EACH ROW
WHEN (
    new.username_fold IS DISTINCT FROM old.username_fold
    OR new.display_name_fold IS DISTINCT FROM old.display_name_fold
    OR new.email_fold IS DISTINCT FROM old.email_fold
    OR new.phone_number IS DISTINCT FROM old.phone_number
)
EXECUTE FUNCTION users_stale_grams();
