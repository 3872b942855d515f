-- Which command made the current generation, so that one whose answer was lost is recognised. None before the first refresh.
ALTER TABLE sessions ADD COLUMN renewed_by BLOB;
