DROP TABLE creatives;
DROP TABLE campaign_keywords;
DROP TABLE campaigns;
