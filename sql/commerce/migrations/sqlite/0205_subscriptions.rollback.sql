DROP TABLE subscription_periods;
DROP TABLE subscriptions;
DROP TABLE plans;
