-- name: OrganisationByID :one
SELECT organisation, ogrn, inn, title, source, since, confirmed, closed, version FROM organisation WHERE organisation = $1;

-- name: OrganisationsByID :many
SELECT organisation, ogrn, inn, title, source, since, confirmed, closed, version FROM organisation WHERE organisation IN (sqlc.slice('organisations'));

-- name: PutOrganisation :exec
INSERT INTO organisation (organisation, ogrn, inn, title, source, since, confirmed, closed, version) VALUES ($1, $2, $3, $4, $5, $6, $6, NULL, 1)
ON CONFLICT (organisation) DO UPDATE SET inn = excluded.inn, title = excluded.title, source = excluded.source, confirmed = excluded.confirmed,
  closed = NULL, version = organisation.version + 1;

-- name: CloseOrganisation :execrows
UPDATE organisation SET closed = @closed, version = version + 1 WHERE organisation = @organisation AND closed IS NULL;

-- name: TraderOf :one
SELECT person, entry, confirmed FROM organisation_trader WHERE person = $1;

-- name: PutTrader :exec
INSERT INTO organisation_trader (person, entry, confirmed) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET entry = excluded.entry, confirmed = excluded.confirmed;

-- name: DropTrader :execrows
DELETE FROM organisation_trader WHERE person = $1;
