DROP TABLE live_chat_messages;
DROP TABLE live_chats;
DROP TABLE live_bans;
DROP TABLE live_moderators;
DROP FUNCTION live_chat_written();
DROP FUNCTION live_chat_messages_unchanged();
