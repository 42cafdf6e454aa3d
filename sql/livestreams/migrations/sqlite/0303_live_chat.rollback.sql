DROP TABLE live_chat_messages;
DROP TABLE live_chats;
DROP TABLE live_bans;
DROP TABLE live_moderators;
