DROP TABLE comment_like_counts;
DROP TABLE comment_likes;
DROP TABLE answer_counts;
DROP TABLE video_comment_counts;
DROP TABLE comments;
