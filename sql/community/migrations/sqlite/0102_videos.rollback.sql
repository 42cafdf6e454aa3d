DROP TABLE video_tags;
DROP TABLE videos;
