-- Officials who were not let into a register: never whom they looked for by name or value.
CREATE TABLE register_refusal (
  register TEXT NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  id UUID NOT NULL,                 -- of who, for what and why in an hour: the same counts once
  official UUID NOT NULL,
  agency UUID NOT NULL,
  role TEXT NOT NULL,
  purpose TEXT NOT NULL,            -- the declared one that they named; empty: none
  entry UUID,                       -- NULL: they searched
  why TEXT NOT NULL,                -- key of the fault
  PRIMARY KEY (register, id)
);
COMMENT ON TABLE register_refusal IS 'holder: none — acts of office, which official was refused; narrow';
CREATE INDEX register_refusal_at ON register_refusal (register, at, id);
