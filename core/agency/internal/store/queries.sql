-- name: OfficialByKey :one
SELECT agency, person, role, queues, since FROM official WHERE agency = $1 AND person = $2;

-- name: OfficialsOfPerson :many
SELECT agency, person, role, queues, since FROM official WHERE person = $1 ORDER BY agency;

-- name: OfficialsOfAgency :many
SELECT agency, person, role, queues, since FROM official WHERE agency = $1 ORDER BY person;

-- name: PutOfficial :execrows
-- Nothing is written where nothing changes, so that a second run of an import is silent.
INSERT INTO official (agency, person, role, queues, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency, person) DO UPDATE SET role = excluded.role, queues = excluded.queues
WHERE official.role <> excluded.role OR official.queues <> excluded.queues;

-- name: DropOfficial :execrows
DELETE FROM official WHERE agency = $1 AND person = $2;

-- name: CountRole :one
SELECT COUNT(*) AS n FROM official WHERE agency = $1 AND role = $2;
