DROP TABLE live_viewer_counts;
DROP TABLE live_viewers;
