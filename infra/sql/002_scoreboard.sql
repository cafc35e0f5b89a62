-- What the scoreboard knows. It reads topics into these tables; offsets move in the transaction that writes the rest.

-- How far each partition of each topic has been read.
CREATE TABLE score_offset (
    topic text NOT NULL,
    partition integer NOT NULL,
    topic_id text NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- Event time reached in each partition, milliseconds since 1970: of settled labels, and of the truth.
CREATE TABLE score_clock (
    partition integer PRIMARY KEY,
    settled_ms bigint NOT NULL,
    truth_ms bigint NOT NULL
);

-- Records counted since the start of the log; task is '' where a record belongs to none.
CREATE TABLE score_total (
    kind text NOT NULL,
    task text NOT NULL,
    partition integer NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (kind, task, partition)
);

-- The newest labels, with what every model had answered. Losses follow from label and answer, and aren't kept twice.
-- "position" is the outcome's offset on ml.outcomes: the order of settlement within the partition.
CREATE TABLE score_label (
    task text NOT NULL,
    partition integer NOT NULL,
    position bigint NOT NULL,
    settled_ms bigint NOT NULL,
    decided_ms bigint NOT NULL,
    event_id text NOT NULL,
    session_id text NOT NULL,
    label double precision NOT NULL,
    answers json NOT NULL,
    clairvoyant double precision,
    bayes double precision,
    bayes_blind double precision,
    PRIMARY KEY (task, partition, position)
);
CREATE INDEX score_label_settled ON score_label (task, settled_ms, partition, position);

-- Truth of decision points whose label isn't known yet.
CREATE TABLE score_truth (
    partition integer NOT NULL,
    event_id text NOT NULL,
    decided_ms bigint NOT NULL,
    clairvoyant double precision NOT NULL,
    bayes double precision NOT NULL,
    bayes_blind double precision,
    PRIMARY KEY (partition, event_id)
);

-- Changes of the shop, as the simulator noted them.
CREATE TABLE score_drift (
    partition integer NOT NULL,
    event_number bigint NOT NULL,
    drift text NOT NULL,
    event_id text NOT NULL,
    began_ms bigint NOT NULL,
    PRIMARY KEY (partition, event_number)
);

-- Online models that were taken out.
CREATE TABLE score_quarantine (
    task text NOT NULL,
    model text NOT NULL,
    partition integer NOT NULL,
    input_offset bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (task, model, partition, input_offset)
);

-- The model that answered last.
CREATE TABLE score_served (
    task text NOT NULL,
    partition integer NOT NULL,
    model text,
    PRIMARY KEY (task, partition)
);

-- Windowed scores over time, as they stand on ml.metrics; unsent ones are sent after the transaction.
CREATE TABLE score_window (
    task text NOT NULL,
    labels bigint NOT NULL,
    metrics json NOT NULL,
    is_sent boolean NOT NULL DEFAULT false,
    PRIMARY KEY (task, labels)
);
CREATE INDEX score_window_unsent ON score_window (task, labels) WHERE NOT is_sent;
