-- The marts: what the topics say, as a star, moved there by `freshet etl` (spark_jobs/). Whatever can span two runs is
-- merged so that many runs leave what one run over the same log would.

-- Neither the embedded Postgres nor every hosted one has btree_gist, which compares plain text in an exclusion constraint.
-- A range of text that holds one value only overlaps another just where both are equal, and ranges need no extension.
CREATE TYPE text_range AS RANGE (subtype = text, collation = "C");
COMMENT ON TYPE text_range IS 'For exclusion constraints: ranges of one value overlap where the values are equal.';

-- The ledger and the reports of runs.

CREATE TABLE etl_ledger (
    topic text NOT NULL,
    partition integer NOT NULL,
    topic_id text NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    ticked_at timestamptz,
    moved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE etl_ledger IS 'How far each partition has been moved; advanced in the transaction that moves its rows.';
COMMENT ON COLUMN etl_ledger.topic IS 'Name on the broker.';
COMMENT ON COLUMN etl_ledger.partition IS 'Its partition.';
COMMENT ON COLUMN etl_ledger.topic_id IS 'The broker''s id of the topic: one that is made again has another.';
COMMENT ON COLUMN etl_ledger.next_offset IS 'First offset that has not been moved.';
COMMENT ON COLUMN etl_ledger.ticked_at IS 'Event time of the newest ClockTicked before it: what is a day ahead is bad.';
COMMENT ON COLUMN etl_ledger.moved_at IS 'When it was advanced.';

CREATE TABLE etl_run (
    run_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    attempt uuid NOT NULL UNIQUE,
    started_at timestamptz NOT NULL,
    moved_at timestamptz NOT NULL DEFAULT now(),
    records_in bigint NOT NULL
);
COMMENT ON TABLE etl_run IS 'Runs that moved something.';
COMMENT ON COLUMN etl_run.run_id IS 'In the order of moving.';
COMMENT ON COLUMN etl_run.attempt IS 'The tag that its rows had in staging.';
COMMENT ON COLUMN etl_run.started_at IS 'When it looked at the ledger.';
COMMENT ON COLUMN etl_run.moved_at IS 'When its transaction began.';
COMMENT ON COLUMN etl_run.records_in IS 'Committed records that were read.';

CREATE TABLE etl_read (
    run_id bigint NOT NULL REFERENCES etl_run,
    topic text NOT NULL,
    partition integer NOT NULL,
    from_offset bigint NOT NULL,
    until_offset bigint NOT NULL,
    PRIMARY KEY (run_id, topic, partition)
);
COMMENT ON TABLE etl_read IS 'What a run read: offsets [from, until) of each partition that had something new.';
COMMENT ON COLUMN etl_read.run_id IS 'The run.';
COMMENT ON COLUMN etl_read.topic IS 'Name on the broker.';
COMMENT ON COLUMN etl_read.partition IS 'Its partition.';
COMMENT ON COLUMN etl_read.from_offset IS 'First offset.';
COMMENT ON COLUMN etl_read.until_offset IS 'The offset after the last; markers of transactions take offsets, too.';

CREATE TABLE etl_record (
    run_id bigint NOT NULL REFERENCES etl_run,
    topic text NOT NULL,
    type text NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (run_id, topic, type)
);
COMMENT ON TABLE etl_record IS 'Good records of a run by their type.';
COMMENT ON COLUMN etl_record.run_id IS 'The run.';
COMMENT ON COLUMN etl_record.topic IS 'Name on the broker.';
COMMENT ON COLUMN etl_record.type IS 'Type of event or record.';
COMMENT ON COLUMN etl_record.records IS 'How many.';

CREATE TABLE etl_bad (
    run_id bigint NOT NULL REFERENCES etl_run,
    topic text NOT NULL,
    reason text NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (run_id, topic, reason)
);
COMMENT ON TABLE etl_bad IS 'Records of a run that could not be used, by reason.';
COMMENT ON COLUMN etl_bad.run_id IS 'The run.';
COMMENT ON COLUMN etl_bad.topic IS 'Name on the broker.';
COMMENT ON COLUMN etl_bad.reason IS 'One of the reasons that dead letters have; see contracts/codec.py.';
COMMENT ON COLUMN etl_bad.records IS 'How many.';

CREATE TABLE etl_moved (
    run_id bigint NOT NULL REFERENCES etl_run,
    table_name text NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (run_id, table_name)
);
COMMENT ON TABLE etl_moved IS 'Rows that a run inserted or changed, by table.';
COMMENT ON COLUMN etl_moved.run_id IS 'The run.';
COMMENT ON COLUMN etl_moved.table_name IS 'The mart.';
COMMENT ON COLUMN etl_moved.records IS 'How many.';

-- Dimensions.

CREATE TABLE dim_user (
    user_id text PRIMARY KEY,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    device text,
    country text,
    is_returning boolean,
    described_at timestamptz,
    described_offset bigint
);
COMMENT ON TABLE dim_user IS 'Everybody who did something, as last described (type 1).';
COMMENT ON COLUMN dim_user.user_id IS 'The shop''s key.';
COMMENT ON COLUMN dim_user.first_seen_at IS 'Event time of the first event.';
COMMENT ON COLUMN dim_user.last_seen_at IS 'Event time of the last event.';
COMMENT ON COLUMN dim_user.device IS 'Of the latest SessionStarted; null where the shop has none.';
COMMENT ON COLUMN dim_user.country IS 'Of the latest SessionStarted.';
COMMENT ON COLUMN dim_user.is_returning IS 'Of the latest SessionStarted.';
COMMENT ON COLUMN dim_user.described_at IS 'Event time of that SessionStarted.';
COMMENT ON COLUMN dim_user.described_offset IS 'Its offset: of two at one time the later one counts.';

CREATE TABLE product (
    product_id text PRIMARY KEY
);
COMMENT ON TABLE product IS 'Every product that was ever named: what facts refer to, whichever version was valid.';
COMMENT ON COLUMN product.product_id IS 'The shop''s key.';

CREATE TABLE product_state (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    product_id text NOT NULL REFERENCES product,
    changed_at timestamptz NOT NULL,
    type text NOT NULL,
    name text,
    category text,
    brand text,
    price double precision NOT NULL,
    discount double precision NOT NULL,
    stock bigint,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX product_state_of ON product_state (product_id, changed_at, "offset");
COMMENT ON TABLE product_state IS 'Every record of shop.product-events: what dim_product is made of.';
COMMENT ON COLUMN product_state.partition IS 'On shop.product-events.';
COMMENT ON COLUMN product_state."offset" IS 'On shop.product-events.';
COMMENT ON COLUMN product_state.product_id IS 'The product.';
COMMENT ON COLUMN product_state.changed_at IS 'Event time.';
COMMENT ON COLUMN product_state.type IS 'ProductListed, PriceChanged, StockChanged or ProductRetired.';
COMMENT ON COLUMN product_state.name IS 'What it is called.';
COMMENT ON COLUMN product_state.category IS 'Its category.';
COMMENT ON COLUMN product_state.brand IS 'Its brand.';
COMMENT ON COLUMN product_state.price IS 'Price of one piece after the discount.';
COMMENT ON COLUMN product_state.discount IS 'Share of the list price that is taken off, 0 to 1.';
COMMENT ON COLUMN product_state.stock IS 'Pieces left.';

CREATE TABLE dim_product (
    product_id text NOT NULL REFERENCES product,
    valid tstzrange NOT NULL,
    valid_from timestamptz GENERATED ALWAYS AS (lower(valid)) STORED,
    name text,
    category text,
    brand text,
    price double precision NOT NULL,
    discount double precision NOT NULL,
    is_for_sale boolean NOT NULL,
    is_current boolean GENERATED ALWAYS AS (upper_inf(valid)) STORED,
    PRIMARY KEY (product_id, valid_from),
    CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND lower_inc(valid) AND NOT upper_inc(valid)),
    CONSTRAINT dim_product_versions_overlap
    EXCLUDE USING gist (text_range(product_id, product_id, '[]') WITH &&, valid WITH &&)
);
CREATE UNIQUE INDEX dim_product_current ON dim_product (product_id) WHERE is_current;
COMMENT ON TABLE dim_product IS 'Products as they were (type 2): a version for each change but of the stock, without gap or overlap.';
COMMENT ON COLUMN dim_product.product_id IS 'The product.';
COMMENT ON COLUMN dim_product.valid IS 'Event time from this change to the next, [from, to); the newest version has no end.';
COMMENT ON COLUMN dim_product.valid_from IS 'Start of `valid`.';
COMMENT ON COLUMN dim_product.name IS 'What it is called.';
COMMENT ON COLUMN dim_product.category IS 'Its category.';
COMMENT ON COLUMN dim_product.brand IS 'Its brand.';
COMMENT ON COLUMN dim_product.price IS 'Price of one piece after the discount.';
COMMENT ON COLUMN dim_product.discount IS 'Share of the list price that is taken off, 0 to 1.';
COMMENT ON COLUMN dim_product.is_for_sale IS 'False from a ProductRetired on.';
COMMENT ON COLUMN dim_product.is_current IS 'Whether it is the newest version.';

CREATE TABLE dim_feature_set (
    feature_set bigint PRIMARY KEY,
    task text NOT NULL,
    names text[] NOT NULL
);
COMMENT ON TABLE dim_feature_set IS 'Which features were logged, once for each list of names.';
COMMENT ON COLUMN dim_feature_set.feature_set IS 'xxHash64 of task and names: the same list has the same number in every run.';
COMMENT ON COLUMN dim_feature_set.task IS 'The task.';
COMMENT ON COLUMN dim_feature_set.names IS 'Names in the order in which they were logged.';

-- Facts.

CREATE TABLE fact_event (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    type text NOT NULL,
    event_time timestamptz NOT NULL,
    appended_at timestamptz NOT NULL,
    source text NOT NULL,
    user_id text NOT NULL REFERENCES dim_user,
    session_id text,
    product_id text REFERENCES product,
    category text,
    brand text,
    price double precision,
    discount double precision,
    stock bigint,
    quantity bigint,
    cart_id text,
    order_id text,
    total double precision,
    lines bigint,
    query text,
    review text,
    stars bigint,
    offer text,
    propensity double precision,
    device text,
    country text,
    is_returning boolean,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX fact_event_time ON fact_event (event_time);
CREATE INDEX fact_event_user ON fact_event (user_id, event_time);
CREATE INDEX fact_event_cart ON fact_event (cart_id) WHERE cart_id IS NOT NULL;
COMMENT ON TABLE fact_event IS 'Good events of users; ticks, activations and copies of product events are none.';
COMMENT ON COLUMN fact_event.partition IS 'On shop.user-events.';
COMMENT ON COLUMN fact_event."offset" IS 'On shop.user-events: with the partition the event''s identity.';
COMMENT ON COLUMN fact_event.event_id IS 'The producer''s own id.';
COMMENT ON COLUMN fact_event.type IS 'Type of event, such as ProductViewed.';
COMMENT ON COLUMN fact_event.event_time IS 'When it happened.';
COMMENT ON COLUMN fact_event.appended_at IS 'When the broker appended it.';
COMMENT ON COLUMN fact_event.source IS 'Who wrote it.';
COMMENT ON COLUMN fact_event.user_id IS 'Who did it.';
COMMENT ON COLUMN fact_event.session_id IS 'The shop''s own session; null in a shop without.';
COMMENT ON COLUMN fact_event.product_id IS 'The product that it touches.';
COMMENT ON COLUMN fact_event.category IS 'Of the product, as it was.';
COMMENT ON COLUMN fact_event.brand IS 'Of the product, as it was.';
COMMENT ON COLUMN fact_event.price IS 'Of one piece after the discount, as it was.';
COMMENT ON COLUMN fact_event.discount IS 'Of the product, as it was, 0 to 1.';
COMMENT ON COLUMN fact_event.stock IS 'Of the product, as it was.';
COMMENT ON COLUMN fact_event.quantity IS 'Pieces that went into the cart or left it.';
COMMENT ON COLUMN fact_event.cart_id IS 'The cart.';
COMMENT ON COLUMN fact_event.order_id IS 'The order that was placed or returned.';
COMMENT ON COLUMN fact_event.total IS 'What was paid or paid back.';
COMMENT ON COLUMN fact_event.lines IS 'Different products ordered or returned.';
COMMENT ON COLUMN fact_event.query IS 'What was searched; NUL, which Postgres can''t hold, stands as U+FFFD.';
COMMENT ON COLUMN fact_event.review IS 'Text of a review; NUL as U+FFFD.';
COMMENT ON COLUMN fact_event.stars IS 'Of a review, 1 to 5; mostly none.';
COMMENT ON COLUMN fact_event.offer IS 'The offer shown or taken; none on purpose is `none`.';
COMMENT ON COLUMN fact_event.propensity IS 'With what chance the offer was shown.';
COMMENT ON COLUMN fact_event.device IS 'Of a SessionStarted.';
COMMENT ON COLUMN fact_event.country IS 'Of a SessionStarted.';
COMMENT ON COLUMN fact_event.is_returning IS 'Of a SessionStarted.';

CREATE TABLE fact_session (
    user_id text NOT NULL REFERENCES dim_user,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL CHECK (ended_at >= started_at),
    session_id text,
    events bigint NOT NULL,
    views bigint NOT NULL,
    searches bigint NOT NULL,
    cart_adds bigint NOT NULL,
    cart_removes bigint NOT NULL,
    orders bigint NOT NULL,
    revenue numeric(24, 6) NOT NULL,
    PRIMARY KEY (user_id, started_at)
);
CREATE INDEX fact_session_started ON fact_session (started_at);
COMMENT ON TABLE fact_session IS 'Events of a user with less than 30 minutes of event time between each and the next; returns and reviews belong to none.';
COMMENT ON COLUMN fact_session.user_id IS 'Who.';
COMMENT ON COLUMN fact_session.started_at IS 'Event time of the first event.';
COMMENT ON COLUMN fact_session.ended_at IS 'Event time of the last event so far.';
COMMENT ON COLUMN fact_session.session_id IS 'The shop''s own id of it; the least where it has several, null where none.';
COMMENT ON COLUMN fact_session.events IS 'Events in it.';
COMMENT ON COLUMN fact_session.views IS 'ProductViewed in it.';
COMMENT ON COLUMN fact_session.searches IS 'Searched in it.';
COMMENT ON COLUMN fact_session.cart_adds IS 'CartAdded in it.';
COMMENT ON COLUMN fact_session.cart_removes IS 'CartRemoved in it.';
COMMENT ON COLUMN fact_session.orders IS 'OrderPlaced in it.';
COMMENT ON COLUMN fact_session.revenue IS 'What was paid in it; each total rounded to 6 digits, so that sums don''t depend on their order.';

CREATE TABLE fact_order (
    order_id text PRIMARY KEY,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    user_id text NOT NULL REFERENCES dim_user,
    session_id text,
    cart_id text NOT NULL,
    ordered_at timestamptz NOT NULL,
    total double precision NOT NULL,
    lines bigint NOT NULL
);
CREATE INDEX fact_order_time ON fact_order (ordered_at);
CREATE INDEX fact_order_user ON fact_order (user_id, ordered_at);
COMMENT ON TABLE fact_order IS 'Orders; of several with one id the earliest (by event time, partition, offset) counts.';
COMMENT ON COLUMN fact_order.order_id IS 'The shop''s key.';
COMMENT ON COLUMN fact_order.partition IS 'Of its event.';
COMMENT ON COLUMN fact_order."offset" IS 'Of its event.';
COMMENT ON COLUMN fact_order.event_id IS 'Of its event.';
COMMENT ON COLUMN fact_order.user_id IS 'Who ordered.';
COMMENT ON COLUMN fact_order.session_id IS 'The shop''s own session.';
COMMENT ON COLUMN fact_order.cart_id IS 'The cart that was paid for.';
COMMENT ON COLUMN fact_order.ordered_at IS 'Event time.';
COMMENT ON COLUMN fact_order.total IS 'What was paid.';
COMMENT ON COLUMN fact_order.lines IS 'Different products, as the shop says.';

CREATE TABLE fact_order_line (
    order_id text NOT NULL REFERENCES fact_order ON DELETE CASCADE,
    product_id text NOT NULL REFERENCES product,
    quantity bigint NOT NULL CHECK (quantity > 0),
    price double precision NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
CREATE INDEX fact_order_line_product ON fact_order_line (product_id);
COMMENT ON TABLE fact_order_line IS 'What was in the cart when it was paid for: added less removed, of the cart''s events before the order.';
COMMENT ON COLUMN fact_order_line.order_id IS 'The order.';
COMMENT ON COLUMN fact_order_line.product_id IS 'The product.';
COMMENT ON COLUMN fact_order_line.quantity IS 'Pieces.';
COMMENT ON COLUMN fact_order_line.price IS 'Of one piece, as the cart''s last event of this product had it.';

CREATE TABLE fact_return (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    order_id text NOT NULL,
    user_id text NOT NULL REFERENCES dim_user,
    returned_at timestamptz NOT NULL,
    total double precision NOT NULL,
    lines bigint NOT NULL,
    PRIMARY KEY (partition, "offset")
);
CREATE INDEX fact_return_order ON fact_return (order_id);
CREATE INDEX fact_return_time ON fact_return (returned_at);
COMMENT ON TABLE fact_return IS 'Returns. Their order may be unknown: recorded shops give returns a number of their own.';
COMMENT ON COLUMN fact_return.partition IS 'Of its event.';
COMMENT ON COLUMN fact_return."offset" IS 'Of its event.';
COMMENT ON COLUMN fact_return.event_id IS 'Of its event.';
COMMENT ON COLUMN fact_return.order_id IS 'The order, as the shop says.';
COMMENT ON COLUMN fact_return.user_id IS 'Who returned.';
COMMENT ON COLUMN fact_return.returned_at IS 'Event time.';
COMMENT ON COLUMN fact_return.total IS 'What is paid back.';
COMMENT ON COLUMN fact_return.lines IS 'Different products.';

CREATE TABLE interaction (
    user_id text NOT NULL REFERENCES dim_user,
    product_id text NOT NULL REFERENCES product,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    views bigint NOT NULL,
    added bigint NOT NULL,
    removed bigint NOT NULL,
    reviews bigint NOT NULL,
    bought bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, product_id)
);
CREATE INDEX interaction_product ON interaction (product_id);
COMMENT ON TABLE interaction IS 'What each user had to do with each product: what recommenders learn from.';
COMMENT ON COLUMN interaction.user_id IS 'Who.';
COMMENT ON COLUMN interaction.product_id IS 'With which product.';
COMMENT ON COLUMN interaction.first_at IS 'Event time of the first event.';
COMMENT ON COLUMN interaction.last_at IS 'Event time of the last event.';
COMMENT ON COLUMN interaction.views IS 'ProductViewed.';
COMMENT ON COLUMN interaction.added IS 'Pieces put into carts.';
COMMENT ON COLUMN interaction.removed IS 'Pieces taken out of carts.';
COMMENT ON COLUMN interaction.reviews IS 'ReviewPosted.';
COMMENT ON COLUMN interaction.bought IS 'Pieces in orders.';

CREATE TABLE fact_prediction (
    task text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    time timestamptz NOT NULL,
    answers jsonb NOT NULL,
    served text,
    feature_set bigint NOT NULL REFERENCES dim_feature_set,
    features double precision[] NOT NULL,
    latency_ms double precision,
    PRIMARY KEY (task, partition, "offset")
);
CREATE INDEX fact_prediction_time ON fact_prediction (task, time);
COMMENT ON TABLE fact_prediction IS 'One task''s answers to one event. Without foreign keys to the event: its log may have been cut before the first run.';
COMMENT ON COLUMN fact_prediction.task IS 'The task.';
COMMENT ON COLUMN fact_prediction.partition IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_prediction."offset" IS 'Of the event on shop.user-events.';
COMMENT ON COLUMN fact_prediction.event_id IS 'Of the event.';
COMMENT ON COLUMN fact_prediction.user_id IS 'Who did it.';
COMMENT ON COLUMN fact_prediction.session_id IS 'The visit: a session, or in a shop without sessions a cart.';
COMMENT ON COLUMN fact_prediction.time IS 'Event time.';
COMMENT ON COLUMN fact_prediction.answers IS 'Each model''s answer; null: quarantined.';
COMMENT ON COLUMN fact_prediction.served IS 'The model whose answer was served.';
COMMENT ON COLUMN fact_prediction.feature_set IS 'Which features.';
COMMENT ON COLUMN fact_prediction.features IS 'What the models saw, in the order of the names, bit for bit.';
COMMENT ON COLUMN fact_prediction.latency_ms IS 'From the broker''s append of the event to the sending of the prediction.';

CREATE TABLE fact_outcome (
    task text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    time timestamptz NOT NULL,
    label double precision,
    why text NOT NULL,
    settled_offset bigint NOT NULL,
    settled_time timestamptz NOT NULL,
    answers jsonb NOT NULL,
    losses jsonb NOT NULL,
    PRIMARY KEY (task, partition, "offset")
);
CREATE INDEX fact_outcome_settled ON fact_outcome (task, settled_time);
COMMENT ON TABLE fact_outcome IS 'The label of a prediction, when it was known.';
COMMENT ON COLUMN fact_outcome.task IS 'The task.';
COMMENT ON COLUMN fact_outcome.partition IS 'Of the event that was predicted.';
COMMENT ON COLUMN fact_outcome."offset" IS 'Of the event that was predicted.';
COMMENT ON COLUMN fact_outcome.event_id IS 'Of the event that was predicted.';
COMMENT ON COLUMN fact_outcome.user_id IS 'Who did it.';
COMMENT ON COLUMN fact_outcome.session_id IS 'The visit.';
COMMENT ON COLUMN fact_outcome.time IS 'Event time of the event that was predicted.';
COMMENT ON COLUMN fact_outcome.label IS 'The label; null where there will never be one.';
COMMENT ON COLUMN fact_outcome.why IS 'What settled it: order, ended or silence.';
COMMENT ON COLUMN fact_outcome.settled_offset IS 'Offset of the record that settled it, in the same partition.';
COMMENT ON COLUMN fact_outcome.settled_time IS 'Event time at which it settled.';
COMMENT ON COLUMN fact_outcome.answers IS 'Each model''s answer.';
COMMENT ON COLUMN fact_outcome.losses IS 'Each model''s loss: log loss, or absolute error.';

CREATE TABLE fact_late_label (
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    event_id text NOT NULL,
    user_id text NOT NULL,
    session_id text NOT NULL,
    time timestamptz NOT NULL,
    event text NOT NULL,
    PRIMARY KEY (partition, "offset")
);
COMMENT ON TABLE fact_late_label IS 'Events of visits whose labels were settled already: they changed none.';
COMMENT ON COLUMN fact_late_label.partition IS 'Of the event.';
COMMENT ON COLUMN fact_late_label."offset" IS 'Of the event.';
COMMENT ON COLUMN fact_late_label.event_id IS 'Of the event.';
COMMENT ON COLUMN fact_late_label.user_id IS 'Who did it.';
COMMENT ON COLUMN fact_late_label.session_id IS 'The visit.';
COMMENT ON COLUMN fact_late_label.time IS 'Event time.';
COMMENT ON COLUMN fact_late_label.event IS 'Type of the event.';

-- Staging: rows that Spark's tasks copied, tagged by the attempt and by the task that wrote them. Without a log of their
-- own: after a crash of the server they are empty, which the move notices by counting.

CREATE UNLOGGED TABLE stage_event (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE fact_event);
CREATE UNLOGGED TABLE stage_user (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE dim_user);
CREATE UNLOGGED TABLE stage_session (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE fact_session);
CREATE UNLOGGED TABLE stage_order (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE fact_order);
CREATE UNLOGGED TABLE stage_return (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE fact_return);
CREATE UNLOGGED TABLE stage_interaction (
    attempt uuid NOT NULL, writer uuid NOT NULL, LIKE interaction INCLUDING DEFAULTS
);
CREATE UNLOGGED TABLE stage_product_state (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE product_state);
CREATE UNLOGGED TABLE stage_feature_set (attempt uuid NOT NULL, writer uuid NOT NULL, LIKE dim_feature_set);
CREATE UNLOGGED TABLE stage_prediction (
    attempt uuid NOT NULL, writer uuid NOT NULL, log_offset bigint NOT NULL, LIKE fact_prediction
);
CREATE UNLOGGED TABLE stage_outcome (
    attempt uuid NOT NULL, writer uuid NOT NULL, log_offset bigint NOT NULL, LIKE fact_outcome
);
CREATE UNLOGGED TABLE stage_late_label (
    attempt uuid NOT NULL, writer uuid NOT NULL, log_offset bigint NOT NULL, LIKE fact_late_label
);

-- A staging table's columns mean what its mart's do.
DO $$
DECLARE
    pair record;
BEGIN
    FOR pair IN
        SELECT s.oid AS stage, s.relname, a.attname,
            CASE a.attname
                WHEN 'attempt' THEN 'The run that wants it moved.'
                WHEN 'writer' THEN 'The task that wrote it; a task that Spark runs again is another one.'
                WHEN 'log_offset' THEN 'Of the record itself, on its own topic.'
                ELSE col_description(m.oid, ma.attnum)
            END AS said,
            m.relname AS mart
        FROM pg_class AS s
        JOIN pg_class AS m ON m.relname IN (
            replace(s.relname, 'stage_', 'fact_'), replace(s.relname, 'stage_', 'dim_'),
            replace(s.relname, 'stage_', '')
        ) AND m.relkind = 'r' AND m.relnamespace = s.relnamespace
        JOIN pg_attribute AS a ON a.attrelid = s.oid AND a.attnum > 0
        LEFT JOIN pg_attribute AS ma ON ma.attrelid = m.oid AND ma.attname = a.attname
        WHERE s.relname LIKE 'stage\_%' AND s.relkind = 'r' AND s.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('COMMENT ON TABLE %I IS %L', pair.relname, 'Staging of ' || pair.mart || '.');
        EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', pair.relname, pair.attname, pair.said);
    END LOOP;
END
$$;

-- Views for training and for charts.

CREATE VIEW training_example AS
SELECT
    o.task, o.partition, o."offset", p.event_id, p.user_id, p.session_id, p.time,
    o.label, o.why, o.settled_offset, o.settled_time, o.answers, o.losses, p.feature_set, p.features
FROM fact_outcome AS o
JOIN fact_prediction AS p USING (task, partition, "offset")
WHERE o.label IS NOT NULL;
COMMENT ON VIEW training_example IS 'One row a prediction whose label is known: features as they were served, and the label.';
COMMENT ON COLUMN training_example.task IS 'The task.';
COMMENT ON COLUMN training_example.partition IS 'Of the event.';
COMMENT ON COLUMN training_example."offset" IS 'Of the event.';
COMMENT ON COLUMN training_example.event_id IS 'Of the event.';
COMMENT ON COLUMN training_example.user_id IS 'Who did it.';
COMMENT ON COLUMN training_example.session_id IS 'The visit.';
COMMENT ON COLUMN training_example.time IS 'Event time of the prediction.';
COMMENT ON COLUMN training_example.label IS 'The label.';
COMMENT ON COLUMN training_example.why IS 'What settled it.';
COMMENT ON COLUMN training_example.settled_offset IS 'Offset of the record that settled it.';
COMMENT ON COLUMN training_example.settled_time IS 'When it settled: nothing trained before may know the label.';
COMMENT ON COLUMN training_example.answers IS 'Each model''s answer.';
COMMENT ON COLUMN training_example.losses IS 'Each model''s loss.';
COMMENT ON COLUMN training_example.feature_set IS 'Names of the features.';
COMMENT ON COLUMN training_example.features IS 'What the models saw.';

CREATE VIEW kpi_hourly AS
WITH happened AS (
    SELECT
        date_trunc('hour', event_time, 'UTC') AS hour,
        count(*) AS events,
        count(DISTINCT user_id) AS users,
        count(*) FILTER (WHERE type = 'ProductViewed') AS views,
        count(*) FILTER (WHERE type = 'CartAdded') AS cart_adds,
        count(*) FILTER (WHERE type = 'OrderPlaced') AS orders,
        coalesce(sum(total::numeric(24, 6)) FILTER (WHERE type = 'OrderPlaced'), 0) AS revenue,
        coalesce(sum(total::numeric(24, 6)) FILTER (WHERE type = 'OrderReturned'), 0) AS paid_back
    FROM fact_event
    GROUP BY 1
), begun AS (
    SELECT
        date_trunc('hour', started_at, 'UTC') AS hour,
        count(*) AS sessions,
        count(*) FILTER (WHERE orders > 0) AS sessions_with_order
    FROM fact_session
    GROUP BY 1
)
SELECT
    hour, events, users, coalesce(sessions, 0) AS sessions, coalesce(sessions_with_order, 0) AS sessions_with_order,
    views, cart_adds, orders, revenue, paid_back
FROM happened
LEFT JOIN begun USING (hour);
COMMENT ON VIEW kpi_hourly IS 'The shop by hour of event time (UTC).';
COMMENT ON COLUMN kpi_hourly.hour IS 'Start of the hour.';
COMMENT ON COLUMN kpi_hourly.events IS 'Events of users.';
COMMENT ON COLUMN kpi_hourly.users IS 'Different users.';
COMMENT ON COLUMN kpi_hourly.sessions IS 'Sessions begun.';
COMMENT ON COLUMN kpi_hourly.sessions_with_order IS 'Those of them that have an order.';
COMMENT ON COLUMN kpi_hourly.views IS 'ProductViewed.';
COMMENT ON COLUMN kpi_hourly.cart_adds IS 'CartAdded.';
COMMENT ON COLUMN kpi_hourly.orders IS 'OrderPlaced.';
COMMENT ON COLUMN kpi_hourly.revenue IS 'What was paid.';
COMMENT ON COLUMN kpi_hourly.paid_back IS 'What was paid back for returns.';

CREATE VIEW kpi_daily AS
WITH happened AS (
    SELECT
        date_trunc('day', event_time, 'UTC') AS day,
        count(*) AS events,
        count(DISTINCT user_id) AS users,
        count(*) FILTER (WHERE type = 'ProductViewed') AS views,
        count(*) FILTER (WHERE type = 'CartAdded') AS cart_adds,
        count(*) FILTER (WHERE type = 'OrderPlaced') AS orders,
        coalesce(sum(total::numeric(24, 6)) FILTER (WHERE type = 'OrderPlaced'), 0) AS revenue,
        coalesce(sum(total::numeric(24, 6)) FILTER (WHERE type = 'OrderReturned'), 0) AS paid_back
    FROM fact_event
    GROUP BY 1
), begun AS (
    SELECT
        date_trunc('day', started_at, 'UTC') AS day,
        count(*) AS sessions,
        count(*) FILTER (WHERE orders > 0) AS sessions_with_order
    FROM fact_session
    GROUP BY 1
)
SELECT
    day, events, users, coalesce(sessions, 0) AS sessions, coalesce(sessions_with_order, 0) AS sessions_with_order,
    views, cart_adds, orders, revenue, paid_back
FROM happened
LEFT JOIN begun USING (day);
COMMENT ON VIEW kpi_daily IS 'The shop by day of event time (UTC).';
COMMENT ON COLUMN kpi_daily.day IS 'Start of the day.';
COMMENT ON COLUMN kpi_daily.events IS 'Events of users.';
COMMENT ON COLUMN kpi_daily.users IS 'Different users.';
COMMENT ON COLUMN kpi_daily.sessions IS 'Sessions begun.';
COMMENT ON COLUMN kpi_daily.sessions_with_order IS 'Those of them that have an order.';
COMMENT ON COLUMN kpi_daily.views IS 'ProductViewed.';
COMMENT ON COLUMN kpi_daily.cart_adds IS 'CartAdded.';
COMMENT ON COLUMN kpi_daily.orders IS 'OrderPlaced.';
COMMENT ON COLUMN kpi_daily.revenue IS 'What was paid.';
COMMENT ON COLUMN kpi_daily.paid_back IS 'What was paid back for returns.';

CREATE VIEW model_loss_hourly AS
SELECT
    o.task, date_trunc('hour', o.settled_time, 'UTC') AS hour, l.key AS model,
    count(*) AS labels, avg(l.value::double precision) AS mean_loss
FROM fact_outcome AS o
CROSS JOIN LATERAL jsonb_each_text(o.losses) AS l
WHERE l.value IS NOT NULL
GROUP BY 1, 2, 3;
COMMENT ON VIEW model_loss_hourly IS 'Mean loss of every model by the hour of event time in which labels settled.';
COMMENT ON COLUMN model_loss_hourly.task IS 'The task.';
COMMENT ON COLUMN model_loss_hourly.hour IS 'Start of the hour.';
COMMENT ON COLUMN model_loss_hourly.model IS 'The model.';
COMMENT ON COLUMN model_loss_hourly.labels IS 'Labels for which it has a loss.';
COMMENT ON COLUMN model_loss_hourly.mean_loss IS 'Log loss, or absolute error.';

-- Who may only read. Roles belong to the server, not to the database: another one may have made it, or be at it.
DO $$
BEGIN
    CREATE ROLE freshet_reader NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
    NULL;
END
$$;
DO $$
DECLARE
    mart text;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'freshet_reader') THEN
        FOR mart IN
            SELECT relname FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v')
            AND relname ~ '^(dim_|fact_|kpi_|etl_|interaction$|product$|product_state$|training_example$|model_loss_)'
        LOOP
            EXECUTE format('GRANT SELECT ON %I TO freshet_reader', mart);
        END LOOP;
    END IF;
END
$$;
