-- The trainer leaves imported models to whoever imported them; a signed one looks as it did where it was made.
ALTER TABLE model_version ADD COLUMN imported boolean NOT NULL DEFAULT false;
UPDATE model_version SET imported = source <> 'trained';
COMMENT ON COLUMN model_version.imported IS 'whether it came in by an import; not sealed';
