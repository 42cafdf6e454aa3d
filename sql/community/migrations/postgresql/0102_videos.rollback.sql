DROP TABLE video_tags;
DROP TABLE videos;
DROP FUNCTION videos_tags();
DROP FUNCTION videos_unchanged();
DROP FUNCTION videos_removed_from_kept();
DROP FUNCTION videos_status_transition();
DROP FUNCTION videos_first_status();
