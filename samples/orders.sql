CREATE TABLE orders (
    order_no         text PRIMARY KEY,
    customer         text NOT NULL,
    order_date       date NOT NULL,
    total            numeric(12,2) NOT NULL,
    paid             boolean NOT NULL,
    discount_percent numeric(5,2),
    zip              text
);
