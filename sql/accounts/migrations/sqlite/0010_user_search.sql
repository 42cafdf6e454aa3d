-- The trigrams by which a part of a text is found. They are made in Python, because both databases need the same ones.
-- A text that was stored before has none, and is not found until `hangar-dal refold` has made them.
ALTER TABLE users ADD COLUMN username_grams text
CONSTRAINT users_username_grams_type_check CHECK (
    username_grams IS NULL
    OR CASE WHEN json_valid(username_grams) THEN json_type(username_grams) = 'array' ELSE FALSE END
);
ALTER TABLE users ADD COLUMN display_name_grams text
CONSTRAINT users_display_name_grams_type_check CHECK (
    display_name_grams IS NULL
    OR CASE WHEN json_valid(display_name_grams) THEN json_type(display_name_grams) = 'array' ELSE FALSE END
);
ALTER TABLE users ADD COLUMN email_grams text
CONSTRAINT users_email_grams_type_check CHECK (
    email_grams IS NULL
    OR CASE WHEN json_valid(email_grams) THEN json_type(email_grams) = 'array' ELSE FALSE END
);
ALTER TABLE users ADD COLUMN phone_number_grams text
CONSTRAINT users_phone_number_grams_type_check CHECK (
    phone_number_grams IS NULL
    OR CASE WHEN json_valid(phone_number_grams) THEN json_type(phone_number_grams) = 'array' ELSE FALSE END
);

-- Grams never outlive their text: a change of the text that does not bring new grams removes them.
CREATE TRIGGER users_stale_grams AFTER UPDATE ON users
WHEN
    (
        new.username_fold IS NOT old.username_fold
        AND new.username_grams = old.username_grams
        AND new.username_grams <> '[]'
    )
    OR (
        new.display_name_fold IS NOT old.display_name_fold
        AND new.display_name_grams = old.display_name_grams
        AND new.display_name_grams <> '[]'
    )
    OR (
        new.email_fold IS NOT old.email_fold
        AND new.email_grams = old.email_grams
        AND new.email_grams <> '[]'
    )
    OR (
        new.phone_number IS NOT old.phone_number
        AND new.phone_number_grams = old.phone_number_grams
        AND new.phone_number_grams <> '[]'
    )
BEGIN
    UPDATE users
    SET
        username_grams = CASE
            WHEN new.username_fold IS old.username_fold OR new.username_grams IS NOT old.username_grams
                THEN username_grams
        END,
        display_name_grams = CASE
            WHEN new.display_name_fold IS old.display_name_fold OR new.display_name_grams IS NOT old.display_name_grams
                THEN display_name_grams
        END,
        email_grams = CASE
            WHEN new.email_fold IS old.email_fold OR new.email_grams IS NOT old.email_grams
                THEN email_grams
        END,
        phone_number_grams = CASE
            WHEN new.phone_number IS old.phone_number OR new.phone_number_grams IS NOT old.phone_number_grams
                THEN phone_number_grams
        END
    WHERE id = new.id;
END;
