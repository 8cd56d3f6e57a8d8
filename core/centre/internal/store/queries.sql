-- name: InsertVisit :exec
INSERT INTO visit (person, id, official, place, document, tail, served_by, opened, proved, consent, note, session, begun, ended, done)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, '', NULL, NULL, NULL, NULL, $9);

-- name: InsertHome :exec
INSERT INTO visit_home (id, person, official) VALUES ($1, $2, $3);

-- name: HomeOf :one
SELECT id, person, official FROM visit_home WHERE id = $1;

-- name: InsertDesk :exec
INSERT INTO visit_desk (official, id, person, place, opened) VALUES ($1, $2, $3, $4, $5);

-- name: DeskOf :many
SELECT official, id, person, place, opened FROM visit_desk WHERE official = $1 ORDER BY official, id LIMIT $2;

-- name: DropDesk :exec
DELETE FROM visit_desk WHERE official = $1 AND id = $2;

-- name: VisitByID :one
SELECT person, id, official, place, document, tail, served_by, opened, proved, consent, note, session, begun, ended, done
FROM visit WHERE person = $1 AND id = $2;

-- name: VisitsOf :many
SELECT person, id, official, place, document, tail, served_by, opened, proved, consent, note, session, begun, ended, done
FROM visit WHERE person = $1 ORDER BY person, id DESC LIMIT $2;

-- name: ProveVisit :execrows
UPDATE visit SET proved = @proved, done = @done WHERE person = @person AND id = @id AND ended IS NULL AND done = @was;

-- name: NoteVisit :execrows
UPDATE visit SET done = @done WHERE person = @person AND id = @id AND ended IS NULL AND done = @was;

-- name: BeginVisit :execrows
-- A visit has one session: nothing changes when it has one already.
UPDATE visit SET consent = @consent, note = @note, session = @session, begun = @begun, done = @done
WHERE person = @person AND id = @id AND ended IS NULL AND session IS NULL;

-- name: EndVisit :execrows
UPDATE visit SET ended = @ended WHERE person = @person AND id = @id AND ended IS NULL;

-- name: InsertReturn :exec
INSERT INTO visit_return (hash, visit, person, session, official, account, agency, role, level, methods, strong, proved, ends, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: ReturnByHash :one
SELECT hash, visit, person, session, official, account, agency, role, level, methods, strong, proved, ends, until FROM visit_return WHERE hash = $1;

-- name: TakeReturn :execrows
DELETE FROM visit_return WHERE hash = $1;

-- name: SweepReturns :execrows
DELETE FROM visit_return WHERE hash IN (SELECT old.hash FROM visit_return AS old WHERE old.until < $1 ORDER BY old.until LIMIT $2);
