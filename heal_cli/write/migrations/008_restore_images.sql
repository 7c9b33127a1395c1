-- Rows as they were, one line each: an array of them all has a limit of 1 GB, and costs more to make.
CREATE TABLE heal.restore_images (
    point       bigint NOT NULL,               -- of heal.restore_points; no constraint, which would cost as much as the row
    before_xmin xid NOT NULL,                  -- who had written it
    image       text NOT NULL                  -- as the text of the table's row type
);
-- Points rise as the table grows, so the smallest of all indexes finds them.
CREATE INDEX restore_images_point ON heal.restore_images USING brin (point) WITH (autosummarize = on);
INSERT INTO heal.restore_images SELECT point, before_xmin::xid, image FROM heal.restore_points
    CROSS JOIN LATERAL ROWS FROM (unnest(before_xmins), unnest(images)) AS i (before_xmin, image);
ALTER TABLE heal.restore_points DROP COLUMN before_xmins, DROP COLUMN images;

-- Rows of the table that a piece changed or deleted: what --max-change counts.
ALTER TABLE heal.load_batches ADD COLUMN changed bigint NOT NULL DEFAULT 0;
