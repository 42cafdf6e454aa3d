DROP TABLE ad_clicks;
DROP TABLE ad_impressions;
DROP TABLE ad_reservations;
DROP TABLE ad_viewer_days;
DROP TABLE ad_days;
DROP TABLE ad_budgets;
