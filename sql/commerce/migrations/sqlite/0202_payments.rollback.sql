DROP TABLE payment_days;
DROP TABLE payment_refunds;
DROP TABLE payment_captures;
DROP TABLE payments;
DROP TABLE default_payment_methods;
DROP TABLE payment_methods;
