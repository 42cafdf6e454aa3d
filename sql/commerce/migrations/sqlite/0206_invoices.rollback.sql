DROP TABLE invoice_recipients;
DROP TABLE invoice_numbers;
DROP TABLE invoice_lines;
DROP TABLE invoices;
