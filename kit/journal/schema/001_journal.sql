-- One official act. leaf is all that ever leaves this row without the holder's key. position is its place in the public
-- tree, counted from 0; -1 while it waits for the sequencer.
CREATE TABLE journal_entry (
  holder UUID NOT NULL,
  id UUID NOT NULL,
  act UUID NOT NULL,
  kind TEXT NOT NULL,
  object UUID NOT NULL,
  made TIMESTAMPTZ NOT NULL,
  leaf BYTEA NOT NULL,
  salt SEALED NOT NULL,
  body SEALED NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (holder, id),
  UNIQUE (holder, act, kind, object)
);
COMMENT ON TABLE journal_entry IS 'holder: holder; personal: holder';
CREATE INDEX journal_entry_by_position ON journal_entry (position, id);
CREATE INDEX journal_entry_by_object ON journal_entry (holder, object, id);
