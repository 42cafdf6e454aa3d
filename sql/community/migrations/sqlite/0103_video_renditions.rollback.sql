DROP TABLE video_renditions;
