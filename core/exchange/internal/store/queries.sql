-- name: CertificateByKey :one
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision
FROM certificate WHERE holder = $1 AND case_id = $2 AND certificate = $3;

-- name: CertificatesOf :many
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision
FROM certificate WHERE holder = $1 AND case_id = $2 ORDER BY asked, certificate;

-- name: PutCertificate :exec
INSERT INTO certificate (holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', '', $11, NULL, NULL, 0, $12, $13, NULL, $14, 1)
ON CONFLICT (holder, case_id, certificate) DO UPDATE SET
  id = excluded.id, case_holder = excluded.case_holder, applicant = excluded.applicant, agency = excluded.agency, service = excluded.service,
  register = excluded.register, early = excluded.early, state = 'asked', trouble = '', asked = excluded.asked, answered = NULL, valid = NULL, tries = 0,
  parameters = excluded.parameters, question = excluded.question, reply = NULL, needed = excluded.needed, revision = certificate.revision + 1;

-- AskCertificateAgain leaves the earlier answer where it is: it holds until there is a new one.
-- name: AskCertificateAgain :execrows
UPDATE certificate SET id = @id, state = 'again', trouble = '', asked = @asked, tries = 0, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND state = 'known';

-- name: KeepAnswer :execrows
UPDATE certificate SET state = 'known', trouble = @trouble, tries = @tries, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND id = @id AND state = 'again';

-- name: KeepCertificate :execrows
UPDATE certificate SET early = FALSE, revision = revision + 1 WHERE holder = $1 AND case_id = $2 AND certificate = $3 AND early = TRUE;

-- name: EndCertificate :execrows
UPDATE certificate SET state = @state, trouble = @trouble, answered = @answered, valid = @valid, tries = @tries, reply = @reply, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND id = @id AND state IN ('asked', 'again');

-- name: TryCertificate :execrows
UPDATE certificate SET trouble = @trouble, tries = @tries, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND id = @id AND state IN ('asked', 'again');

-- name: DeleteCertificates :execrows
DELETE FROM certificate WHERE holder = $1 AND case_id = $2;

-- name: CertificatesAbout :many
-- Everything that registers have told of a person.
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision
FROM certificate WHERE holder = $1 ORDER BY holder, case_id, certificate LIMIT $2;
