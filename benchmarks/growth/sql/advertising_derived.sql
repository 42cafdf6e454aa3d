-- What triggers make of the rows.

INSERT INTO campaign_keywords (keyword, campaign_id, currency, active_bid)
SELECT each.value, campaigns.id, campaigns.currency, campaigns.active_bid
FROM campaigns CROSS JOIN json_each(campaigns.keywords) AS each;

INSERT INTO campaign_keywords (keyword, campaign_id, currency, active_bid)
SELECT '', id, currency, active_bid FROM campaigns WHERE keywords = words('');

INSERT INTO ad_reports (campaign_id, day, creative_id, impressions, clicks, spent)
SELECT ad_impressions.campaign_id, ad_impressions.day, ad_impressions.creative_id, count(*), count(ad_clicks.reported_at), sum(price)
FROM ad_impressions LEFT OUTER JOIN ad_clicks ON ad_impressions.id = ad_clicks.impression_id
WHERE ad_impressions.reported_at IS NOT NULL
GROUP BY 1, 2, 3;
