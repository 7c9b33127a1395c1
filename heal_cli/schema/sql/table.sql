-- Everything `TableSchema` says of relation %(oid)s: one row, or none when there is no such relation.
--
-- Runs with search_path = pg_catalog, so that every expression, type and table comes out qualified and quoted,
-- ready to be used in SQL. jsonb reads the columns that not every server version has.
WITH RECURSIVE relation AS MATERIALIZED (
    SELECT c.*, n.nspname,
        -- INSTEAD OF INSERT (ROW 1 + INSERT 4 + INSTEAD 64), or an unconditional ON INSERT DO INSTEAD rule.
        EXISTS (SELECT FROM pg_trigger g
            WHERE g.tgrelid = c.oid AND g.tgtype & 68 = 68 AND g.tgenabled <> 'D')
        OR EXISTS (SELECT FROM pg_rewrite w
            WHERE w.ev_class = c.oid AND w.ev_type = '3' AND w.is_instead AND w.ev_qual = '<>')
            AS takes_any_column
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = %(oid)s::oid
),
attribute AS MATERIALIZED (
    SELECT a.* FROM pg_attribute a
    WHERE a.attrelid = %(oid)s::oid AND a.attnum > 0 AND NOT a.attisdropped
),
-- Every type met on the way from a column to plain types, with the modifier it is met with.
type(oid, typmod) AS (
    SELECT DISTINCT a.atttypid, a.atttypmod FROM attribute a
    UNION
    SELECT inner_type.oid, inner_type.typmod
    FROM type
    JOIN pg_type t ON t.oid = type.oid
    CROSS JOIN LATERAL (
        SELECT t.typbasetype, t.typtypmod WHERE t.typtype = 'd'
        UNION ALL
        SELECT e.oid, type.typmod FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid
        UNION ALL
        SELECT m.atttypid, m.atttypmod FROM pg_attribute m
        WHERE t.typtype = 'c' AND m.attrelid = t.typrelid AND m.attnum > 0 AND NOT m.attisdropped
    ) AS inner_type(oid, typmod)
),
-- Partitions bring triggers of their own.
partition(oid) AS (
    SELECT %(oid)s::oid
    UNION
    SELECT i.inhrelid FROM partition p
    JOIN pg_inherits i ON i.inhparent = p.oid
    JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition
)
SELECT r.oid::int8, r.nspname, r.relname, r.relkind::text, current_database() AS database,
    current_setting('server_version_num')::int AS server_version,
    getdatabaseencoding() AS encoding,
    has_schema_privilege(r.relnamespace, 'USAGE') AS can_enter,
    current_user::text AS role,
    -- 8 is 1 << CMD_INSERT; a foreign data wrapper without a handler cannot even be asked.
    CASE WHEN r.relkind = 'f' AND NOT EXISTS (
            SELECT FROM pg_foreign_table f
            JOIN pg_foreign_server s ON s.oid = f.ftserver
            JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw AND w.fdwhandler <> 0
            WHERE f.ftrelid = r.oid)
    THEN false
    ELSE has_any_column_privilege(r.oid, 'INSERT') AND pg_relation_is_updatable(r.oid, true) & 8 <> 0
    END AS can_insert,
    has_table_privilege(r.oid, 'SELECT') AS can_select,
    row_security_active(r.oid) AS row_security,
    ARRAY(SELECT w.rulename::text FROM pg_rewrite w
          WHERE w.ev_class = r.oid AND w.ev_type = '3' AND w.ev_enabled <> 'D' ORDER BY w.rulename) AS rules,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', a.attname, 'position', a.attnum, 'oid', a.atttypid::int8, 'typmod', a.atttypmod,
            'not_null', a.attnotnull, 'identity', a.attidentity, 'generated', a.attgenerated,
            -- A default names no column; without a relation it is deparsed in constant time.
            'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, 0) END,
            'insertable', has_column_privilege(a.attrelid, a.attnum, 'INSERT')
                AND (r.relkind <> 'v' OR r.takes_any_column
                     OR pg_column_is_updatable(a.attrelid, a.attnum, false)),
            'comment', c.description) ORDER BY a.attnum)
     FROM attribute a
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     LEFT JOIN pg_description c ON c.classoid = 'pg_class'::regclass AND c.objoid = a.attrelid
        AND c.objsubid = a.attnum) AS columns,
    (SELECT jsonb_agg(jsonb_build_object(
            'oid', t.oid::int8, 'typmod', type.typmod, 'name', format_type(t.oid, type.typmod),
            -- What is known of a type of PostgreSQL or of an extension is not true of another of its name.
            'base', CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace OR t.typcategory = 'A' OR EXISTS (
                    SELECT FROM pg_depend x WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid
                    AND x.refclassid = 'pg_extension'::regclass AND x.deptype = 'e')
                THEN t.typname::text ELSE t.typnamespace::regnamespace || '.' || t.typname END,
            'kind', t.typtype, 'not_null', t.typnotnull,
            'inner', CASE WHEN t.typtype = 'd' THEN t.typbasetype::int8 END, 'inner_typmod', t.typtypmod,
            'default', CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 0) END,
            'element', (SELECT e.oid::int8 FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid),
            'attributes', (SELECT jsonb_agg(jsonb_build_object(
                    'name', m.attname, 'oid', m.atttypid::int8, 'typmod', m.atttypmod) ORDER BY m.attnum)
                FROM pg_attribute m
                WHERE t.typtype = 'c' AND m.attrelid = t.typrelid AND m.attnum > 0 AND NOT m.attisdropped),
            'labels', (SELECT jsonb_agg(l.enumlabel ORDER BY l.enumsortorder)
                       FROM pg_enum l WHERE l.enumtypid = t.oid)))
     FROM type JOIN pg_type t ON t.oid = type.oid) AS types,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', k.conname,
            -- WITHOUT OVERLAPS compares like an exclusion constraint and PERIOD references like a trigger:
            -- equality of keys says nothing about either.
            'kind', CASE WHEN (to_jsonb(k) ->> 'conperiod')::bool
                    THEN CASE k.contype WHEN 'f' THEN 't' ELSE 'x' END ELSE k.contype::text END,
            'columns', ARRAY(SELECT a.attname FROM unnest(k.conkey) WITH ORDINALITY AS key(attnum, place)
                             JOIN attribute a ON a.attnum = key.attnum ORDER BY key.place),
            'definition', pg_get_constraintdef(k.oid),
            'expression', CASE WHEN k.contype = 'c' THEN pg_get_expr(k.conbin, k.conrelid) END,
            'deferrable', k.condeferrable, 'validated', k.convalidated,
            'references', CASE WHEN k.contype = 'f' THEN k.confrelid::regclass::text END,
            'referenced_columns', ARRAY(
                SELECT a.attname FROM unnest(k.confkey) WITH ORDINALITY AS key(attnum, place)
                JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = key.attnum ORDER BY key.place),
            'match', k.confmatchtype, 'index', CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid::int8 END)
        ORDER BY strpos('puxfct', k.contype::text), k.conname)
     FROM pg_constraint k
     WHERE k.conrelid = r.oid AND k.contype IN ('p', 'u', 'x', 'f', 'c', 't')
        -- NOT ENFORCED (18) decides nothing.
        AND (to_jsonb(k) ->> 'conenforced') IS DISTINCT FROM 'false'
        -- A reference to a partitioned table is repeated for each of its partitions.
        AND NOT EXISTS (SELECT FROM pg_constraint p
            WHERE k.contype = 'f' AND p.oid = k.conparentid AND p.conrelid = k.conrelid)) AS constraints,
    (SELECT jsonb_agg(jsonb_build_object(
            'oid', i.indexrelid::int8, 'name', c.relname,
            'is_unique_only', i.indisunique AND NOT EXISTS (
                SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid
                    AND k.contype IN ('p', 'u', 'x')),
            'definition', pg_get_indexdef(i.indexrelid),
            'predicate', pg_get_expr(i.indpred, i.indrelid),
            'nulls_not_distinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false),
            'columns', ARRAY(SELECT a.attname FROM generate_series(0, i.indnkeyatts - 1) AS place
                             JOIN attribute a ON a.attnum = i.indkey[place] ORDER BY place),
            'keys', ARRAY(SELECT pg_get_indexdef(i.indexrelid, place, false)
                          FROM generate_series(1, i.indnkeyatts) AS place ORDER BY place))
        ORDER BY c.relname)
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = r.oid AND (i.indisunique OR i.indisexclusion) AND i.indisvalid AND i.indislive) AS indexes,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', g.tgname, 'type', g.tgtype, 'is_constraint', g.tgconstraint <> 0,
            'enabled', CASE current_setting('session_replication_role')
                       WHEN 'replica' THEN g.tgenabled IN ('R', 'A') ELSE g.tgenabled IN ('O', 'A') END)
        ORDER BY g.tgrelid <> r.oid, g.tgname)
     FROM partition p JOIN pg_trigger g ON g.tgrelid = p.oid
     WHERE NOT g.tgisinternal
        AND (p.oid = r.oid OR (to_jsonb(g) ->> 'tgparentid')::int8 = 0)) AS triggers
FROM relation r
