-- What the user-made types of relation %(oid)s accept: domains and their constraints, enum labels, composite
-- attributes, ranges, through any nesting; one hash. See version.sql for how it is written.
WITH RECURSIVE made(oid) AS (
    SELECT a.atttypid
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) %(oid)s::pg_catalog.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
        AND a.atttypid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION
    SELECT part.oid
    FROM made
    JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) made.oid
    CROSS JOIN LATERAL (
        SELECT t.typelem
        UNION ALL
        SELECT t.typbasetype
        UNION ALL
        SELECT a.atttypid FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND NOT a.attisdropped
        UNION ALL
        SELECT pg_catalog.unnest(ARRAY[r.rngtypid, r.rngsubtype]) FROM pg_catalog.pg_range r
        WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid OR r.rngmultitypid OPERATOR(pg_catalog.=) t.oid
    ) AS part(oid)
    WHERE part.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
),
type AS MATERIALIZED (SELECT ARRAY(SELECT made.oid FROM made) AS oids),
own_check AS MATERIALIZED (
    SELECT k.* FROM pg_catalog.pg_constraint k
    WHERE k.contypid OPERATOR(pg_catalog.=) ANY ((SELECT type.oids FROM type)::pg_catalog.oid[])
)
SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(ROW(
    (SELECT pg_catalog.string_agg(
            ROW(t.oid, t.typname, t.typnamespace, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull,
                t.typdefault, t.typcollation, t.typinput::pg_catalog.oid,
                t.typreceive::pg_catalog.oid)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY t.oid)
     FROM pg_catalog.pg_type t
     WHERE t.oid OPERATOR(pg_catalog.=) ANY ((SELECT type.oids FROM type)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(ROW(e.enumtypid, e.enumlabel)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY e.enumtypid, e.enumsortorder)
     FROM pg_catalog.pg_enum e
     WHERE e.enumtypid OPERATOR(pg_catalog.=) ANY ((SELECT type.oids FROM type)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(
            ROW(t.oid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY t.oid, a.attnum)
     FROM pg_catalog.pg_type t
     JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.typrelid
     WHERE t.oid OPERATOR(pg_catalog.=) ANY ((SELECT type.oids FROM type)::pg_catalog.oid[])
        AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped),
    (SELECT pg_catalog.string_agg(
            ROW(r.rngtypid, r.rngsubtype, r.rngcollation, r.rngsubopc, r.rngcanonical::pg_catalog.oid)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY r.rngtypid)
     FROM pg_catalog.pg_range r
     WHERE r.rngtypid OPERATOR(pg_catalog.=) ANY ((SELECT type.oids FROM type)::pg_catalog.oid[])),
    (SELECT pg_catalog.string_agg(ROW(k.contypid, k.conname, k.convalidated, k.conbin)::pg_catalog.text,
            E'\n'::pg_catalog.text ORDER BY k.contypid, k.conname)
     FROM own_check k),
    (SELECT pg_catalog.string_agg(
            ROW(f.oid, f.prosrc, f.proconfig,
                pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'prosqlbody'::pg_catalog.text,
                pg_catalog.has_function_privilege(f.oid, 'EXECUTE'::pg_catalog.text)
            )::pg_catalog.text, E'\n'::pg_catalog.text ORDER BY f.oid)
     FROM pg_catalog.pg_proc f
     WHERE f.oid OPERATOR(pg_catalog.=) ANY (ARRAY(
        SELECT d.refobjid
        FROM pg_catalog.pg_depend d
        WHERE d.classid OPERATOR(pg_catalog.=) 2606::pg_catalog.oid
            AND d.objid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT k.oid FROM own_check k))
            AND d.refclassid OPERATOR(pg_catalog.=) 1255::pg_catalog.oid)))
)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex'::pg_catalog.text) AS types
