-- Label rows: each order, once, and whether a payment of it succeeded within ten minutes.
-- Orders of the last three days of the log are left out: their payments may still be reported late.
SELECT country AS entity, placed_at AS time, order_id, items, device,
    toBool(paid_at >= placed_at AND paid_at <= placed_at + INTERVAL 10 MINUTE) AS paid
FROM
(
    SELECT data.orderId.:String AS order_id, any(data.country.:String) AS country, min(time) AS placed_at,
        any(data.items.:Int64) AS items, any(data.device.:String) AS device
    FROM events
    WHERE type = 'order.placed' AND time < (SELECT max(known_at) FROM events) - INTERVAL 3 DAY
    GROUP BY order_id
) AS placed
LEFT JOIN
(
    SELECT data.orderId.:String AS order_id, min(time) AS paid_at
    FROM events
    WHERE type = 'payment.succeeded'
    GROUP BY order_id
) AS payment USING (order_id)
