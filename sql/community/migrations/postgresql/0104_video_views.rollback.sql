DROP TABLE video_trends;
DROP TABLE video_views_by_day;
DROP TABLE video_view_counts;
DROP TABLE video_views;
DROP FUNCTION video_views_counted();
DROP FUNCTION video_views_unchanged();
