-- What the screen of relation %(oid)s has to know beyond `TableSchema`: one row.
--
-- Runs with search_path = pg_catalog, so that every expression and type comes out qualified and quoted.
-- jsonb reads the columns that not every server version has.
WITH RECURSIVE attribute AS MATERIALIZED (
    SELECT a.* FROM pg_attribute a WHERE a.attrelid = %(oid)s::oid AND a.attnum > 0 AND NOT a.attisdropped
),
-- Each column's type, and what each domain on the way stands on.
link(attnum, depth, oid, typmod) AS (
    SELECT a.attnum, 0, a.atttypid, a.atttypmod FROM attribute a
    UNION ALL
    SELECT l.attnum, l.depth + 1, t.typbasetype, t.typtypmod
    FROM link l JOIN pg_type t ON t.oid = l.oid AND t.typtype = 'd'
),
leaf(oid) AS (
    SELECT %(oid)s::oid FROM pg_class c WHERE c.oid = %(oid)s::oid AND c.relkind = 'p'
    UNION ALL
    SELECT i.inhrelid FROM leaf l JOIN pg_inherits i ON i.inhparent = l.oid
)
SELECT has_database_privilege(current_database(), 'TEMP') AS can_stage,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', a.attname,
            'base', format_type(b.oid, -1), 'full', format_type(b.oid, b.typmod), 'typmod', b.typmod,
            'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
            'checks', (SELECT jsonb_agg(jsonb_build_object(
                    'name', k.conname, 'expression', pg_get_expr(k.conbin, 0),
                    'definition', pg_get_constraintdef(k.oid)) ORDER BY l.depth DESC, k.conname)
                FROM link l JOIN pg_constraint k ON k.contypid = l.oid AND k.contype = 'c'
                WHERE l.attnum = a.attnum)) ORDER BY a.attnum)
     FROM attribute a
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     CROSS JOIN LATERAL (
        SELECT l.oid, l.typmod FROM link l WHERE l.attnum = a.attnum ORDER BY l.depth DESC LIMIT 1) b) AS columns,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', coalesce(k.conname, c.relname), 'constraint', k.conname, 'primary', i.indisprimary,
            'deferrable', NOT i.indimmediate,
            'partitions', ARRAY(WITH RECURSIVE part AS (
                SELECT h.inhrelid FROM pg_inherits h WHERE h.inhparent = i.indexrelid
                UNION ALL SELECT h.inhrelid FROM pg_inherits h JOIN part ON h.inhparent = part.inhrelid)
                SELECT d.relname FROM part JOIN pg_class d ON d.oid = part.inhrelid),
            'predicate', pg_get_expr(i.indpred, i.indrelid),
            'nulls_not_distinct', coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false),
            'columns', ARRAY(SELECT a.attname FROM generate_series(0, i.indnkeyatts - 1) AS place
                             JOIN attribute a ON a.attnum = i.indkey[place] ORDER BY place),
            'keys', (SELECT jsonb_agg(jsonb_build_object(
                    'expression', pg_get_indexdef(i.indexrelid, place + 1, false),
                    'collation', CASE WHEN i.indcollation[place] <> 0
                        THEN (SELECT format('%%I.%%I', n.nspname, l.collname) FROM pg_collation l
                              JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = i.indcollation[place]) END,
                    'is_bytewise', coalesce((SELECT l.collisdeterministic FROM pg_collation l
                        WHERE l.oid = i.indcollation[place]), true),
                    'is_ordered', (SELECT o.opcdefault AND t.typnamespace = 'pg_catalog'::regnamespace
                        FROM pg_opclass o JOIN pg_type t ON t.oid = o.opcintype WHERE o.oid = i.indclass[place]),
                    -- 3 is equality (BTEqualStrategyNumber). An index whose equality is not that of its type's
                    -- default operator class cannot be grouped by, and has no operator here.
                    'operator', (SELECT format('OPERATOR(%%I.%%s)', n.nspname, p.oprname)
                        FROM pg_opclass o
                        JOIN pg_amop m ON m.amopfamily = o.opcfamily AND m.amopstrategy = 3
                            AND m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype
                        JOIN pg_operator p ON p.oid = m.amopopr
                        JOIN pg_namespace n ON n.oid = p.oprnamespace
                        WHERE o.oid = i.indclass[place] AND EXISTS (
                            SELECT FROM pg_opclass u JOIN pg_amop e ON e.amopfamily = u.opcfamily
                                AND e.amopstrategy = 3 AND e.amopopr = m.amopopr
                            WHERE u.opcmethod = o.opcmethod AND u.opcintype = o.opcintype AND u.opcdefault)))
                ORDER BY place) FROM generate_series(0, i.indnkeyatts - 1) AS place))
        ORDER BY NOT i.indisprimary, c.relname)
     FROM pg_index i
     JOIN pg_class c ON c.oid = i.indexrelid
     JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
     LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u')
     -- No insert looks at an index that a failed CREATE INDEX CONCURRENTLY left unready.
     WHERE i.indrelid = %(oid)s::oid AND i.indisunique AND i.indislive AND i.indisready) AS uniques,
    (SELECT jsonb_agg(jsonb_build_object(
            'name', k.conname, 'references', k.confrelid::regclass::text,
            'only', p.relkind <> 'p', 'is_self', k.confrelid = k.conrelid,
            'is_hidden', row_security_active(k.confrelid), 'is_full', k.confmatchtype = 'f',
            'pairs', (SELECT jsonb_agg(jsonb_build_object(
                    'column', f.attname, 'referenced', r.attname,
                    'operator', format('OPERATOR(%%I.%%s)', n.nspname, o.oprname),
                    'collation', CASE WHEN r.attcollation <> 0
                        THEN (SELECT format('%%I.%%I', n.nspname, l.collname) FROM pg_collation l
                              JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = r.attcollation) END)
                ORDER BY place)
                FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS key(own, other, equal, place)
                JOIN attribute f ON f.attnum = key.own
                JOIN pg_attribute r ON r.attrelid = k.confrelid AND r.attnum = key.other
                JOIN pg_operator o ON o.oid = key.equal
                JOIN pg_namespace n ON n.oid = o.oprnamespace))
        ORDER BY k.conname)
     FROM pg_constraint k
     JOIN pg_class p ON p.oid = k.confrelid
     WHERE k.conrelid = %(oid)s::oid AND k.contype = 'f'
        -- NOT ENFORCED (18) decides nothing, and PERIOD is more than equality of keys.
        AND (to_jsonb(k) ->> 'conenforced') IS DISTINCT FROM 'false'
        AND (to_jsonb(k) ->> 'conperiod') IS DISTINCT FROM 'true'
        AND NOT EXISTS (SELECT FROM pg_constraint above
            WHERE above.oid = k.conparentid AND above.conrelid = k.conrelid)) AS foreigns,
    (SELECT pg_get_partition_constraintdef(c.oid) FROM pg_class c
     WHERE c.oid = %(oid)s::oid AND c.relispartition) AS own_bound,
    (SELECT jsonb_agg(pg_get_partition_constraintdef(c.oid))
     FROM leaf l JOIN pg_class c ON c.oid = l.oid AND c.relkind <> 'p'
     WHERE (SELECT count(*) FROM leaf) <= %(most_partitions)s) AS bounds,
    EXISTS (SELECT FROM leaf) AS is_partitioned
