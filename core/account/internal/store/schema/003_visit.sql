-- The browser's visit that a code was asked in, as a hash; NULL: asked by a program, which alone knows the challenge's id.
ALTER TABLE challenge ADD COLUMN visit BYTEA;
