-- Keys of what must outlive their holder's own key: one for each holder and year, destroyed when the year is over. Rows
-- come only when a holder is about to be erased.
CREATE TABLE kept_key (
  holder UUID NOT NULL,
  year BIGINT NOT NULL,
  city_key BIGINT NOT NULL,
  wrapped BYTEA,
  destroyed TIMESTAMPTZ,
  PRIMARY KEY (holder, year)
);
COMMENT ON TABLE kept_key IS 'holder: holder; narrow';
CREATE INDEX kept_key_by_city_key ON kept_key (city_key, holder);
CREATE INDEX kept_key_by_year ON kept_key (year, holder);
