-- The last renewal of a current generation, so that one whose answer was lost is recognised, if its generation is still the
-- current one. A replaced one, and a server of the release before, leave it as it is.
ALTER TABLE sessions ADD COLUMN renewed_by UUID;
