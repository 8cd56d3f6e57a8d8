-- name: PutResource :exec
INSERT INTO booking_resource (resource, key, agency) VALUES ($1, $2, $3)
ON CONFLICT (resource) DO UPDATE SET agency = excluded.agency WHERE booking_resource.agency <> excluded.agency;

-- name: Resources :many
SELECT resource, key, agency FROM booking_resource ORDER BY key;

-- name: Taken :many
SELECT start, ends, CAST(COUNT(*) AS BIGINT) AS taken FROM booking_place
WHERE resource = @resource AND start > @after AND start < @before AND (until IS NULL OR until > @now)
GROUP BY start, ends ORDER BY start, ends;

-- name: PlacesBetween :many
SELECT resource, start, number, booking, ends, until FROM booking_place
WHERE resource = @resource AND start > @after AND start < @before ORDER BY start, number;

-- name: TakePlace :execrows
INSERT INTO booking_place (resource, start, number, booking, ends, until) VALUES (@resource, @start, @number, @booking, @ends, @until)
ON CONFLICT (resource, start, number) DO UPDATE SET booking = excluded.booking, ends = excluded.ends, until = excluded.until
WHERE booking_place.until IS NOT NULL AND booking_place.until <= @now;

-- name: FreePlace :execrows
DELETE FROM booking_place WHERE resource = @resource AND start = @start AND number = @number AND booking = @booking;

-- name: RenewPlace :execrows
UPDATE booking_place SET until = @until
WHERE resource = @resource AND start = @start AND number = @number AND booking = @booking AND until IS NOT NULL AND until > @now;

-- name: FixPlace :execrows
UPDATE booking_place SET until = NULL
WHERE resource = @resource AND start = @start AND number = @number AND booking = @booking AND until IS NOT NULL AND until > @now;

-- name: DropLapsed :execrows
DELETE FROM booking_place WHERE resource = @resource AND start < @before AND until IS NOT NULL AND until <= @now;

-- name: InsertBooking :exec
INSERT INTO booking (resource, id, key, agency, person, applicant, case_id, service, definition, lang, start, ends, number, state, until, made, changed, vanished, ended_by, revision)
VALUES (@resource, @id, @key, @agency, @person, @applicant, @case_id, @service, @definition, @lang, @start, @ends, @number, 'held', @until, @made, @made, NULL, '', 1);

-- name: InsertHome :exec
INSERT INTO booking_home (id, resource, case_id) VALUES ($1, $2, $3);

-- name: DropHome :exec
DELETE FROM booking_home WHERE id = $1;

-- name: HomeOf :one
SELECT id, resource, case_id FROM booking_home WHERE id = $1;

-- name: HomesOfCase :many
SELECT id, resource, case_id FROM booking_home WHERE case_id = $1 ORDER BY id;

-- name: BookingByID :one
SELECT resource, id, key, agency, person, applicant, case_id, service, definition, lang, start, ends, number, state, until, made, changed, vanished, ended_by, revision
FROM booking WHERE resource = $1 AND id = $2;

-- name: LiveOf :many
SELECT resource, id, key, agency, person, applicant, case_id, service, definition, lang, start, ends, number, state, until, made, changed, vanished, ended_by, revision
FROM booking WHERE resource = @resource AND person = @person AND start > @now AND (state = 'held' OR state = 'booked') ORDER BY start, id;

-- name: BookedBetween :many
SELECT resource, id, key, agency, person, applicant, case_id, service, definition, lang, start, ends, number, state, until, made, changed, vanished, ended_by, revision
FROM booking WHERE resource = @resource AND start >= @first AND start < @last AND (state = 'booked' OR state = 'attended' OR state = 'missed')
ORDER BY start, number, id LIMIT @most;

-- name: DropBooking :exec
DELETE FROM booking WHERE resource = $1 AND id = $2;

-- name: RenewBooking :exec
UPDATE booking SET until = @until WHERE resource = @resource AND id = @id;

-- name: ChangeBooking :execrows
UPDATE booking SET start = @start, ends = @ends, number = @number, state = @state, until = NULL, definition = @definition, changed = @changed,
  vanished = @vanished, ended_by = @ended_by, revision = revision + 1
WHERE resource = @resource AND id = @id AND revision = @revision;

-- name: NoteVanished :execrows
UPDATE booking SET vanished = @vanished WHERE resource = @resource AND id = @id AND revision = @revision AND vanished IS NULL;

-- name: PutVisit :execrows
INSERT INTO booking_visit (person, id, resource, start, state, revision) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, id) DO UPDATE SET start = excluded.start, state = excluded.state, revision = excluded.revision
WHERE booking_visit.revision < excluded.revision;

-- name: VisitsOf :many
SELECT person, id, resource, start, state, revision FROM booking_visit WHERE person = @person ORDER BY start DESC, id DESC LIMIT @most;

-- name: DropVisit :exec
DELETE FROM booking_visit WHERE person = $1 AND id = $2;

-- name: OldLines :many
-- counts only
SELECT id FROM booking WHERE resource = @resource AND start < @before ORDER BY start, id LIMIT @most;

-- name: LapsedLines :many
-- counts only
SELECT id FROM booking WHERE resource = @resource AND state = 'held' AND start < @horizon AND until < @before ORDER BY start, id LIMIT @most;

-- name: SetApplicant :exec
UPDATE booking SET applicant = @applicant WHERE resource = @resource AND id = @id;
