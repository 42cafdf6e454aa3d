DROP TRIGGER live_chat_of_donation;
DROP TABLE donor_totals;
DROP TABLE donation_totals;
DROP TABLE donations;
