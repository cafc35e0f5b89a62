-- What the marts say of themselves; see infra/postgres/describe.py.

-- name: relations
SELECT c.oid::bigint, c.relname, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, obj_description(c.oid, 'pg_class')
FROM pg_class AS c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v')
AND c.relname ~ '^(dim_|fact_|etl_|kpi_|model_loss_|interaction$|product$|product_state$|training_example$|backfilled_example$)'
ORDER BY
    CASE
        WHEN c.relname LIKE 'dim%%' THEN 1 WHEN c.relname LIKE 'product%%' THEN 2 WHEN c.relname LIKE 'fact%%' THEN 3
        WHEN c.relname = 'interaction' THEN 4 WHEN c.relkind = 'v' THEN 5 ELSE 6
    END,
    c.relname

-- name: columns
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum)
FROM pg_attribute AS a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum

-- name: constraints
SELECT pg_get_constraintdef(oid)
FROM pg_constraint
WHERE conrelid = %s AND contype IN ('p', 'u', 'f', 'x', 'c')
ORDER BY array_position(ARRAY['p', 'u', 'f', 'x', 'c']::"char"[], contype), conname
