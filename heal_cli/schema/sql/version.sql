-- What decides which rows relation %(oid)s itself accepts: one hash, and whether the other two files are needed.
--
-- All version*.sql run inside the loader's own transaction, so they depend on nothing of the session:
-- functions, types and operators are qualified (a schema ahead of pg_catalog in search_path may hold its own
-- "="), expressions are hashed as stored node trees (pg_get_expr prints names by search_path), bytea as hex.
-- Nothing here takes a lock. OIDs of what ALTER TABLE can drop and make again (constraints, indexes,
-- triggers) stay out, so an index dropped for a load and made again gives the old version back.
-- Sets of OIDs are arrays: the planner guesses ten elements and keeps to index scans. Most of the time goes
-- into parsing and planning, hence three statements: a plain table needs only this one.
WITH owned AS MATERIALIZED (
    -- Defaults, constraints, indexes, triggers, policies, rules and sequences of the relation.
    SELECT ARRAY(
        SELECT d.objid
        FROM pg_catalog.pg_depend d
        WHERE d.refclassid OPERATOR(pg_catalog.=) 1259::pg_catalog.oid
            AND d.refobjid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
            AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::"char"[])
    ) AS oids
),
called AS MATERIALIZED (
    -- Functions (1255) and sequences (1259) that those use: by pg_attrdef, pg_class, pg_constraint, pg_policy,
    -- pg_rewrite and pg_trigger.
    SELECT pg_catalog.array_cat(owned.oids, ARRAY(
        SELECT d.refobjid
        FROM pg_catalog.pg_depend d
        WHERE d.objid OPERATOR(pg_catalog.=) ANY (owned.oids)
            AND d.classid OPERATOR(pg_catalog.=) ANY ('{2604,1259,2606,3256,2618,2620}'::pg_catalog.oid[])
            AND d.refclassid OPERATOR(pg_catalog.=) ANY ('{1255,1259}'::pg_catalog.oid[])
    )) AS oids
    FROM owned
)
SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(ROW(
    'heal schema version 1'::pg_catalog.text,
    ROW(t.oid, n.nspname, t.relname, t.relkind, t.relpartbound, t.relispartition,
        t.relrowsecurity, t.relforcerowsecurity, pg_catalog.row_security_active(t.oid),
        CASE WHEN t.relkind OPERATOR(pg_catalog.=) 'v'::"char" THEN t.reloptions END,
        pg_catalog.has_schema_privilege(n.oid, 'USAGE'::pg_catalog.text),
        pg_catalog.has_table_privilege(t.oid, 'INSERT'::pg_catalog.text),
        pg_catalog.has_table_privilege(t.oid, 'SELECT'::pg_catalog.text),
        pg_catalog.has_table_privilege(t.oid, 'UPDATE'::pg_catalog.text),
        pg_catalog.has_table_privilege(t.oid, 'DELETE'::pg_catalog.text))::pg_catalog.text,
    (SELECT pg_catalog.string_agg(
            ROW(a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated,
                a.attcollation,
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT'::pg_catalog.text),
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'::pg_catalog.text),
                pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE'::pg_catalog.text)
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute a
     WHERE a.attrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped),
    (SELECT pg_catalog.string_agg(ROW(d.adnum, d.adbin)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY d.adnum)
     FROM pg_catalog.pg_attrdef d
     WHERE d.adrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid),
    -- NOT NULL is in attnotnull. jsonb, since conenforced is new in 18.
    (SELECT pg_catalog.string_agg(
            ROW(k.conname, k.contype, k.condeferrable, k.condeferred, k.convalidated, k.conkey, k.confrelid,
                k.confkey, k.confmatchtype, k.conexclop, k.conbin,
                CASE WHEN k.contype OPERATOR(pg_catalog.=) ANY ('{c,f}'::"char"[])
                THEN pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.->>) 'conenforced'::pg_catalog.text END
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY k.conname)
     FROM pg_catalog.pg_constraint k
     WHERE k.conrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
        AND k.contype OPERATOR(pg_catalog.<>) 'n'::"char"),
    (SELECT pg_catalog.string_agg(
            ROW(c.relname, i.indisprimary, i.indisexclusion, i.indimmediate, i.indisvalid, i.indisready,
                i.indislive, i.indnkeyatts, i.indkey, i.indcollation, i.indclass, i.indexprs, i.indpred,
                pg_catalog.to_jsonb(i) OPERATOR(pg_catalog.->>) 'indnullsnotdistinct'::pg_catalog.text
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY c.relname)
     FROM pg_catalog.pg_index i
     JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
     WHERE i.indrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
        AND (i.indisunique OR i.indisexclusion)),
    (SELECT pg_catalog.string_agg(
            ROW(g.tgname, g.tgfoid, g.tgtype, g.tgenabled, g.tgconstraint OPERATOR(pg_catalog.<>) 0::pg_catalog.oid,
                g.tgdeferrable, g.tginitdeferred, g.tgattr,
                pg_catalog.encode(g.tgargs, 'hex'::pg_catalog.text), g.tgqual
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY g.tgname)
     FROM pg_catalog.pg_trigger g
     WHERE g.tgrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid AND NOT g.tgisinternal),
    (SELECT pg_catalog.string_agg(
            ROW(p.polname, p.polcmd, p.polpermissive, p.polroles, p.polqual, p.polwithcheck
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY p.polname)
     FROM pg_catalog.pg_policy p
     WHERE p.polrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid),
    (SELECT pg_catalog.string_agg(
            ROW(w.rulename, w.ev_type, w.ev_enabled, w.is_instead, w.ev_qual, w.ev_action
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY w.rulename)
     FROM pg_catalog.pg_rewrite w
     WHERE w.ev_class OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid),
    (SELECT pg_catalog.string_agg(
            ROW(f.oid, f.prosrc, f.probin, f.prolang, f.prosecdef, f.proisstrict, f.proconfig,
                pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'prosqlbody'::pg_catalog.text,
                pg_catalog.has_function_privilege(f.oid, 'EXECUTE'::pg_catalog.text)
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY f.oid)
     FROM pg_catalog.pg_proc f
     WHERE f.oid OPERATOR(pg_catalog.=) ANY ((SELECT called.oids FROM called)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(
            ROW(s.seqrelid, s.seqtypid, s.seqincrement, s.seqmax, s.seqmin, s.seqcycle,
                pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE'::pg_catalog.text)
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY s.seqrelid)
     FROM pg_catalog.pg_sequence s
     WHERE s.seqrelid OPERATOR(pg_catalog.=) ANY ((SELECT called.oids FROM called)::pg_catalog.oid[]))
)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex'::pg_catalog.text) AS own,
    -- 16384 is FirstNormalObjectId: somebody made this type, and may alter it.
    EXISTS (SELECT FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) t.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
            AND a.atttypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid) AS has_made_types,
    t.relispartition OR t.relkind OPERATOR(pg_catalog.=) ANY ('{p,v}'::"char"[]) AS has_relations
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.relnamespace
WHERE t.oid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
