-- What other relations say about rows for relation %(oid)s: its partitions and their bounds, the partitioned
-- tables above it, and what a view stands on; one hash. See version.sql for how it is written.
-- pg_inherits instead of pg_partition_tree(), which would lock every partition.
WITH RECURSIVE base(oid) AS (
    SELECT %(oid)s::pg_catalog.oid
    UNION
    SELECT d.refobjid
    FROM base b
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) b.oid
        AND c.relkind OPERATOR(pg_catalog.=) 'v'::"char"
    JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) b.oid
        AND r.rulename OPERATOR(pg_catalog.=) '_RETURN'::pg_catalog.name
    JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 2618::pg_catalog.oid
        AND d.objid OPERATOR(pg_catalog.=) r.oid
        AND d.refclassid OPERATOR(pg_catalog.=) 1259::pg_catalog.oid
),
-- An oid has four bytes always, but the planner takes that for one row in 200: without it, its guess at the
-- recursion passes the threshold for JIT, and a table of 1,000 partitions takes 150 ms on 15 instead of 15.
part(oid) AS (
    SELECT i.inhrelid
    FROM pg_catalog.pg_inherits i
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid AND c.relispartition
    WHERE i.inhparent OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT b.oid FROM base b))
        AND pg_catalog.pg_column_size(i.inhrelid) OPERATOR(pg_catalog.=) 4
    UNION
    SELECT i.inhrelid
    FROM part p
    JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) p.oid
        AND pg_catalog.pg_column_size(i.inhrelid) OPERATOR(pg_catalog.=) 4
),
rel AS MATERIALIZED (
    SELECT ARRAY(SELECT b.oid FROM base b) AS base,
        ARRAY(SELECT p.oid FROM part p) AS part,
        ARRAY(SELECT a.relid::pg_catalog.oid
              FROM pg_catalog.pg_partition_ancestors(%(oid)s::pg_catalog.oid::pg_catalog.regclass) a) AS above
),
own AS MATERIALIZED (SELECT pg_catalog.array_cat(rel.base, rel.part) AS oids FROM rel),
every AS MATERIALIZED (SELECT pg_catalog.array_cat(own.oids, rel.above) AS oids FROM own, rel),
trigger AS MATERIALIZED (
    SELECT g.* FROM pg_catalog.pg_trigger g
    WHERE g.tgrelid OPERATOR(pg_catalog.=) ANY ((SELECT own.oids FROM own)::pg_catalog.oid[])
        AND NOT g.tgisinternal
)
SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(ROW(
    (SELECT pg_catalog.string_agg(
            ROW(c.oid, c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relpartbound,
                CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'v'::"char" THEN c.reloptions END)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY c.oid)
     FROM pg_catalog.pg_class c
     WHERE c.oid OPERATOR(pg_catalog.=) ANY ((SELECT every.oids FROM every)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(ROW(p.partrelid, p.partstrat, p.partattrs, p.partclass, p.partcollation,
            p.partexprs)::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY p.partrelid)
     FROM pg_catalog.pg_partitioned_table p
     WHERE p.partrelid OPERATOR(pg_catalog.=) ANY ((SELECT every.oids FROM every)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(
            ROW(a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity,
                a.attgenerated)::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY a.attrelid, a.attnum)
     FROM pg_catalog.pg_attribute a
     WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ((SELECT rel.base FROM rel)::pg_catalog.oid[])
        AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped),
    (SELECT pg_catalog.string_agg(ROW(d.adrelid, d.adnum, d.adbin)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY d.adrelid, d.adnum)
     FROM pg_catalog.pg_attrdef d
     WHERE d.adrelid OPERATOR(pg_catalog.=) ANY ((SELECT rel.base FROM rel)::pg_catalog.oid[])),
    -- Of a partition only what it does not have from its parent, its own NOT NULL (a constraint since 18) too.
    (SELECT pg_catalog.string_agg(
            ROW(k.conrelid, k.conname, k.contype, k.convalidated, k.conkey, k.confrelid, k.confkey, k.conbin
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY k.conrelid, k.conname)
     FROM pg_catalog.pg_constraint k
     WHERE k.conrelid OPERATOR(pg_catalog.=) ANY ((SELECT own.oids FROM own)::pg_catalog.oid[])
        AND k.conislocal),
    (SELECT pg_catalog.string_agg(
            ROW(i.indrelid, i.indisvalid, i.indnkeyatts, i.indkey, i.indclass, i.indexprs, i.indpred
            )::pg_catalog.text, E'\n'::pg_catalog.text
            ORDER BY i.indrelid, i.indkey, i.indclass, i.indexprs::pg_catalog.text, i.indpred::pg_catalog.text)
     FROM pg_catalog.pg_index i
     WHERE i.indrelid OPERATOR(pg_catalog.=) ANY ((SELECT own.oids FROM own)::pg_catalog.oid[])
        AND i.indisunique),
    (SELECT pg_catalog.string_agg(
            ROW(g.tgrelid, g.tgname, g.tgfoid, g.tgtype, g.tgenabled, g.tgdeferrable, g.tginitdeferred, g.tgattr,
                pg_catalog.encode(g.tgargs, 'hex'::pg_catalog.text), g.tgqual
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY g.tgrelid, g.tgname)
     FROM trigger g),
    (SELECT pg_catalog.string_agg(ROW(f.oid, f.prosrc, f.proconfig)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY f.oid)
     FROM pg_catalog.pg_proc f
     WHERE f.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT g.tgfoid FROM trigger g))),
    (SELECT pg_catalog.string_agg(
            ROW(p.polrelid, p.polname, p.polcmd, p.polpermissive, p.polroles, p.polqual, p.polwithcheck
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY p.polrelid, p.polname)
     FROM pg_catalog.pg_policy p
     WHERE p.polrelid OPERATOR(pg_catalog.=) ANY ((SELECT rel.base FROM rel)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(
            ROW(w.ev_class, w.rulename, w.ev_enabled, w.is_instead, w.ev_qual, w.ev_action
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY w.ev_class, w.rulename)
     FROM pg_catalog.pg_rewrite w
     WHERE w.ev_class OPERATOR(pg_catalog.=) ANY ((SELECT rel.base FROM rel)::pg_catalog.oid[]))
)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex'::pg_catalog.text) AS relations
