-- Who looked at whose data, why and when: written by Look, read by the person.
CREATE TABLE look (
  person UUID NOT NULL,
  hour BIGINT NOT NULL,
  actor UUID NOT NULL,
  agency UUID NOT NULL,
  purpose_kind TEXT NOT NULL,
  purpose TEXT NOT NULL,
  what TEXT NOT NULL,
  id UUID NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  actor_kind TEXT NOT NULL,
  role TEXT NOT NULL,
  mandate UUID NOT NULL,
  channel TEXT NOT NULL,
  request TEXT NOT NULL,
  PRIMARY KEY (person, hour, actor, agency, purpose_kind, purpose, what)
);
COMMENT ON TABLE look IS 'holder: person; personal: person; narrow';
