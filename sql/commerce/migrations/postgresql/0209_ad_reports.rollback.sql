DROP TRIGGER ad_clicks_reported ON ad_clicks;
DROP TRIGGER ad_impressions_reported ON ad_impressions;
DROP TABLE ad_settlements;
DROP TABLE ad_reports;
DROP FUNCTION ad_settlements_paid();
DROP FUNCTION ad_settlements_kept();
DROP FUNCTION ad_settlements_unchanged();
DROP FUNCTION ad_clicks_reported();
DROP FUNCTION ad_impressions_reported();
