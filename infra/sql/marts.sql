-- How `freshet etl` moves staging into the marts; see spark_jobs/move.py. Each statement takes the attempt's rows only.

-- name: lock
SELECT pg_try_advisory_lock(hashtextextended('freshet.etl', 0))

-- name: ledger
SELECT topic, partition, topic_id, next_offset, ticked_at FROM etl_ledger

-- name: empty_staging
TRUNCATE stage_event, stage_user, stage_session, stage_order, stage_return, stage_interaction, stage_product_state,
    stage_prediction, stage_features, stage_outcome, stage_late_label

-- name: begin_ledger
INSERT INTO etl_ledger (topic, partition, topic_id, next_offset, ticked_at)
VALUES (%(topic)s, %(partition)s, %(topic_id)s, %(until)s, %(ticked_at)s)
ON CONFLICT DO NOTHING

-- name: advance_ledger
UPDATE etl_ledger SET next_offset = %(until)s, ticked_at = %(ticked_at)s, moved_at = now()
WHERE topic = %(topic)s AND partition = %(partition)s AND topic_id = %(topic_id)s AND next_offset = %(from)s

-- name: note_run
INSERT INTO etl_run (attempt, started_at, records_in) VALUES (%s, %s, %s) RETURNING run_id

-- name: note_read
INSERT INTO etl_read (run_id, topic, partition, from_offset, until_offset) VALUES (%s, %s, %s, %s, %s)

-- name: note_record
INSERT INTO etl_record (run_id, topic, type, records) VALUES (%s, %s, %s, %s)

-- name: note_bad
INSERT INTO etl_bad (run_id, topic, reason, records) VALUES (%s, %s, %s, %s)

-- name: note_moved
INSERT INTO etl_moved (run_id, table_name, records) VALUES (%s, %s, %s)

-- name: move_dim_user
INSERT INTO dim_user AS d (
    user_id, first_seen_at, last_seen_at, device, country, is_returning, described_at, described_offset
)
SELECT user_id, first_seen_at, last_seen_at, device, country, is_returning, described_at, described_offset
FROM stage_user WHERE attempt = %(attempt)s
ON CONFLICT (user_id) DO UPDATE SET
    first_seen_at = least(d.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at),
    (device, country, is_returning, described_at, described_offset) = (
        SELECT v.device, v.country, v.is_returning, v.described_at, v.described_offset
        FROM (
            VALUES
            (d.device, d.country, d.is_returning, d.described_at, d.described_offset),
            (excluded.device, excluded.country, excluded.is_returning, excluded.described_at, excluded.described_offset)
        ) AS v (device, country, is_returning, described_at, described_offset)
        ORDER BY v.described_at DESC NULLS LAST, v.described_offset DESC LIMIT 1
    )

-- name: move_product
INSERT INTO product (product_id)
SELECT product_id FROM stage_product_state WHERE attempt = %(attempt)s
UNION
SELECT product_id FROM stage_event WHERE attempt = %(attempt)s AND product_id IS NOT NULL
ON CONFLICT DO NOTHING

-- name: move_product_state
INSERT INTO product_state (
    partition, "offset", product_id, changed_at, type, name, category, brand, price, discount, stock
)
SELECT partition, "offset", product_id, changed_at, type, name, category, brand, price, discount, stock
FROM stage_product_state WHERE attempt = %(attempt)s

-- name: forget_dim_product
DELETE FROM dim_product
WHERE product_id IN (SELECT product_id FROM stage_product_state WHERE attempt = %(attempt)s)

-- name: move_dim_product
-- Versions of the products that changed, anew from all of their states: an event may come late, and split one. Of several
-- states at one time the last on the log counts. Retired is who was, until listed again, whatever changes meanwhile.
WITH lived AS (
    SELECT *, count(*) FILTER (WHERE type IN ('ProductListed', 'ProductRetired')) OVER so_far AS life
    FROM product_state
    WHERE product_id IN (SELECT product_id FROM stage_product_state WHERE attempt = %(attempt)s)
    WINDOW so_far AS (PARTITION BY product_id ORDER BY changed_at, "offset")
), stated AS (
    SELECT *, first_value(type) OVER life_so_far <> 'ProductRetired' AS is_for_sale
    FROM lived
    WINDOW life_so_far AS (PARTITION BY product_id, life ORDER BY changed_at, "offset")
), state AS (
    SELECT DISTINCT ON (product_id, changed_at)
        product_id, changed_at, name, category, brand, price, discount, is_for_sale
    FROM stated
    ORDER BY product_id, changed_at, "offset" DESC
), compared AS (
    SELECT
        *,
        ROW(name, category, brand, price, discount, is_for_sale) IS DISTINCT FROM
        lag(ROW(name, category, brand, price, discount, is_for_sale)) OVER (PARTITION BY product_id ORDER BY changed_at)
        OR row_number() OVER (PARTITION BY product_id ORDER BY changed_at) = 1 AS is_change
    FROM state
)
INSERT INTO dim_product (product_id, valid, name, category, brand, price, discount, is_for_sale)
SELECT
    product_id,
    tstzrange(changed_at, lead(changed_at) OVER (PARTITION BY product_id ORDER BY changed_at), '[)'),
    name, category, brand, price, discount, is_for_sale
FROM compared WHERE is_change

-- name: move_fact_event
INSERT INTO fact_event (
    partition, "offset", event_id, type, event_time, appended_at, source, user_id, session_id, product_id, category,
    brand, price, discount, stock, quantity, cart_id, order_id, total, lines, query, review, stars, offer, propensity,
    device, country, is_returning
)
SELECT
    partition, "offset", event_id, type, event_time, appended_at, source, user_id, session_id, product_id, category,
    brand, price, discount, stock, quantity, cart_id, order_id, total, lines, query, review, stars, offer, propensity,
    device, country, is_returning
FROM stage_event WHERE attempt = %(attempt)s

-- name: take_back_fact_session
-- Sessions that a piece of this run may touch go back to staging, to be put together with it.
WITH touched AS (
    DELETE FROM fact_session AS s
    USING stage_session AS p
    WHERE p.attempt = %(attempt)s AND s.user_id = p.user_id
    AND s.started_at < p.ended_at + interval '30 minutes' AND s.ended_at > p.started_at - interval '30 minutes'
    RETURNING s.*
)
INSERT INTO stage_session (
    attempt, writer, user_id, started_at, ended_at, session_id, events, views, searches, cart_adds, cart_removes, orders,
    revenue
)
SELECT
    %(attempt)s, %(attempt)s, user_id, started_at, ended_at, session_id, events, views, searches, cart_adds,
    cart_removes, orders, revenue
FROM touched

-- name: move_fact_session
WITH marked AS (
    SELECT
        *,
        CASE WHEN started_at - max(ended_at) OVER earlier < interval '30 minutes' THEN 0 ELSE 1 END AS begins
    FROM stage_session
    WHERE attempt = %(attempt)s
    WINDOW earlier AS (
        PARTITION BY user_id ORDER BY started_at, ended_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY user_id ORDER BY started_at, ended_at ROWS UNBOUNDED PRECEDING) AS number
    FROM marked
)
INSERT INTO fact_session (
    user_id, started_at, ended_at, session_id, events, views, searches, cart_adds, cart_removes, orders, revenue
)
SELECT
    user_id, min(started_at), max(ended_at), min(session_id COLLATE "C"), sum(events), sum(views), sum(searches),
    sum(cart_adds), sum(cart_removes), sum(orders), sum(revenue)
FROM numbered
GROUP BY user_id, number

-- name: forget_bought
-- Of two orders with one id the earlier counts. What one that is there already has counted goes, where it must give way.
WITH gone AS (
    SELECT o.user_id, l.product_id, sum(l.quantity) AS pieces
    FROM stage_order AS s
    JOIN fact_order AS o USING (order_id)
    JOIN fact_order_line AS l USING (order_id)
    WHERE s.attempt = %(attempt)s
    AND (s.ordered_at, s.partition, s."offset") < (o.ordered_at, o.partition, o."offset")
    GROUP BY 1, 2
)
UPDATE interaction AS i SET bought = i.bought - g.pieces
FROM gone AS g
WHERE i.user_id = g.user_id AND i.product_id = g.product_id

-- name: move_fact_order
INSERT INTO fact_order AS o (
    order_id, partition, "offset", event_id, user_id, session_id, cart_id, ordered_at, total, lines
)
SELECT order_id, partition, "offset", event_id, user_id, session_id, cart_id, ordered_at, total, lines
FROM stage_order WHERE attempt = %(attempt)s
ON CONFLICT (order_id) DO UPDATE SET
    partition = excluded.partition, "offset" = excluded."offset", event_id = excluded.event_id,
    user_id = excluded.user_id, session_id = excluded.session_id, cart_id = excluded.cart_id,
    ordered_at = excluded.ordered_at, total = excluded.total, lines = excluded.lines
WHERE (excluded.ordered_at, excluded.partition, excluded."offset") < (o.ordered_at, o.partition, o."offset")

-- name: forget_fact_order_line
DELETE FROM fact_order_line
WHERE order_id IN (SELECT order_id FROM stage_order WHERE attempt = %(attempt)s)

-- name: move_fact_order_line
-- A cart's events stand before its order in the same partition, and so have been moved with it or before.
INSERT INTO fact_order_line (order_id, product_id, quantity, price)
SELECT
    o.order_id, e.product_id,
    sum(CASE e.type WHEN 'CartAdded' THEN e.quantity ELSE -e.quantity END),
    (array_agg(e.price ORDER BY e."offset" DESC))[1]
FROM fact_order AS o
JOIN fact_event AS e
    ON e.cart_id = o.cart_id AND e.partition = o.partition AND e."offset" < o."offset"
    AND e.type IN ('CartAdded', 'CartRemoved')
WHERE o.order_id IN (SELECT order_id FROM stage_order WHERE attempt = %(attempt)s)
GROUP BY o.order_id, e.product_id
HAVING sum(CASE e.type WHEN 'CartAdded' THEN e.quantity ELSE -e.quantity END) > 0

-- name: move_fact_return
INSERT INTO fact_return (partition, "offset", event_id, order_id, user_id, returned_at, total, lines)
SELECT partition, "offset", event_id, order_id, user_id, returned_at, total, lines
FROM stage_return WHERE attempt = %(attempt)s

-- name: move_interaction
INSERT INTO interaction AS i (user_id, product_id, first_at, last_at, views, added, removed, reviews)
SELECT user_id, product_id, first_at, last_at, views, added, removed, reviews
FROM stage_interaction WHERE attempt = %(attempt)s
ON CONFLICT (user_id, product_id) DO UPDATE SET
    first_at = least(i.first_at, excluded.first_at),
    last_at = greatest(i.last_at, excluded.last_at),
    views = i.views + excluded.views,
    added = i.added + excluded.added,
    removed = i.removed + excluded.removed,
    reviews = i.reviews + excluded.reviews

-- name: count_bought
-- Anew for everything that the users of this run's orders bought.
WITH bought AS (
    SELECT o.user_id, l.product_id, sum(l.quantity) AS pieces
    FROM fact_order AS o
    JOIN fact_order_line AS l USING (order_id)
    WHERE o.user_id IN (SELECT user_id FROM stage_order WHERE attempt = %(attempt)s)
    GROUP BY 1, 2
)
UPDATE interaction AS i SET bought = b.pieces
FROM bought AS b
WHERE i.user_id = b.user_id AND i.product_id = b.product_id AND i.bought <> b.pieces

-- name: add_feature_set
INSERT INTO dim_feature_set (feature_set, task, names) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING

-- name: move_fact_prediction
-- Each is written once; were one written twice, the first on the log would count.
INSERT INTO fact_prediction (
    task, partition, "offset", event_id, user_id, session_id, time, answers, model, latency_ms
)
SELECT task, partition, "offset", event_id, user_id, session_id, time, answers, model, latency_ms
FROM stage_prediction WHERE attempt = %(attempt)s
ORDER BY log_offset
ON CONFLICT DO NOTHING

-- name: move_fact_features
INSERT INTO fact_features (task, partition, "offset", feature_set, features)
SELECT task, partition, "offset", feature_set, features FROM stage_features WHERE attempt = %(attempt)s
ORDER BY log_offset
ON CONFLICT DO NOTHING

-- name: move_fact_outcome
INSERT INTO fact_outcome (
    task, partition, "offset", event_id, user_id, session_id, time, label, other_label, why, settled_offset,
    settled_time, answers, losses
)
SELECT
    task, partition, "offset", event_id, user_id, session_id, time, label, other_label, why, settled_offset,
    settled_time, answers, losses
FROM stage_outcome WHERE attempt = %(attempt)s
ORDER BY log_offset
ON CONFLICT DO NOTHING

-- name: move_fact_late_label
INSERT INTO fact_late_label (partition, "offset", event_id, user_id, session_id, time, event)
SELECT partition, "offset", event_id, user_id, session_id, time, event
FROM stage_late_label WHERE attempt = %(attempt)s
ORDER BY log_offset
ON CONFLICT DO NOTHING
