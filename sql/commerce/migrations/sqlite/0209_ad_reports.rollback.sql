DROP TRIGGER ad_clicks_reported;
DROP TRIGGER ad_impressions_reported;
DROP TABLE ad_settlements;
DROP TABLE ad_reports;
