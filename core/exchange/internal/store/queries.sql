-- name: CertificateByKey :one
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision, source
FROM certificate WHERE holder = $1 AND case_id = $2 AND certificate = $3;

-- name: CertificatesOf :many
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision, source
FROM certificate WHERE holder = $1 AND case_id = $2 ORDER BY asked, certificate;

-- name: PutCertificate :exec
INSERT INTO certificate (holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'asked', '', $11, NULL, NULL, 0, $12, $13, NULL, $14, 1, '')
ON CONFLICT (holder, case_id, certificate) DO UPDATE SET
  id = excluded.id, case_holder = excluded.case_holder, applicant = excluded.applicant, agency = excluded.agency, service = excluded.service,
  register = excluded.register, early = excluded.early, state = 'asked', trouble = '', asked = excluded.asked, answered = NULL, valid = NULL, tries = 0,
  parameters = excluded.parameters, question = excluded.question, reply = NULL, source = '', needed = excluded.needed, revision = certificate.revision + 1;

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
UPDATE certificate SET state = @state, trouble = @trouble, answered = @answered, valid = @valid, tries = @tries, reply = @reply, source = @source, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND id = @id AND state IN ('asked', 'again');

-- name: TryCertificate :execrows
UPDATE certificate SET trouble = @trouble, tries = @tries, revision = revision + 1
WHERE holder = @holder AND case_id = @case_id AND certificate = @certificate AND id = @id AND state IN ('asked', 'again');

-- name: DeleteCertificates :execrows
DELETE FROM certificate WHERE holder = $1 AND case_id = $2;

-- name: CertificatesAbout :many
-- Everything that registers have told of a person.
SELECT holder, case_id, certificate, id, case_holder, applicant, agency, service, register, early, state, trouble, asked, answered, valid, tries, parameters, question, reply, needed, revision, source
FROM certificate WHERE holder = $1 ORDER BY holder, case_id, certificate LIMIT $2;

-- name: PutMessage :exec
INSERT INTO exchange_message (holder, id, case_id, asking, side, peer, register, at, trouble, messages, purpose) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: MessageByID :one
SELECT holder, id, case_id, asking, side, peer, register, at, trouble, messages, purpose FROM exchange_message WHERE holder = $1 AND id = $2;

-- name: MessagesAbout :many
SELECT holder, id, case_id, asking, side, peer, register, at, trouble, purpose FROM exchange_message WHERE holder = $1 AND id < $2 ORDER BY holder, id DESC LIMIT $3;

-- name: DeleteMessages :execrows
DELETE FROM exchange_message WHERE holder = $1;

-- StrayMessages are rows to which no hash belongs: a page of them after one.
-- name: StrayMessages :many
SELECT m.holder, m.id FROM exchange_message AS m
WHERE m.holder >= @holder AND (m.holder > @holder OR m.id > @id) AND NOT EXISTS (SELECT 1 FROM exchange_leaf AS l WHERE l.id = m.id AND l.holder = m.holder)
ORDER BY m.holder, m.id LIMIT @most;

-- name: PutLeaf :exec
INSERT INTO exchange_leaf (id, batch, question, answer, holder) VALUES ($1, 0, $2, $3, $4);

-- name: EraseLeaves :execrows
UPDATE exchange_leaf SET erased = @erased WHERE erased IS NULL AND id IN (SELECT m.id FROM exchange_message AS m WHERE m.holder = @holder);

-- name: LeafByID :one
SELECT id, batch, question, answer, holder, erased FROM exchange_leaf WHERE id = $1;

-- name: LeavesOf :many
SELECT id, batch, question, answer, holder, erased FROM exchange_leaf WHERE batch = $1 ORDER BY batch, id;

-- name: ClaimLeaves :execrows
UPDATE exchange_leaf SET batch = @batch WHERE batch = 0 AND id IN (SELECT id FROM exchange_leaf WHERE batch = 0 ORDER BY id LIMIT @most);

-- name: LastBatch :one
SELECT number, previous, leaves, top, signed, signatures, copy, form FROM exchange_batch ORDER BY number DESC LIMIT 1;

-- name: NewestBatch :one
SELECT number FROM exchange_batch ORDER BY number DESC LIMIT 1;

-- name: BatchByNumber :one
SELECT number, previous, leaves, top, signed, signatures, copy, form FROM exchange_batch WHERE number = $1;

-- name: PutBatch :exec
INSERT INTO exchange_batch (number, previous, leaves, top, signed, signatures, copy, form) VALUES ($1, $2, $3, NULL, NULL, NULL, NULL, 1);

-- name: SignBatch :execrows
UPDATE exchange_batch SET top = @top, signed = @signed, signatures = @signatures, copy = @copy WHERE number = @number AND signatures IS NULL;

-- name: LeavesWaiting :one
SELECT CAST(COUNT(*) AS BIGINT) AS n FROM exchange_leaf WHERE batch = 0;

-- name: LastSigned :one
SELECT number, signed FROM exchange_batch WHERE signatures IS NOT NULL ORDER BY number DESC LIMIT 1;

-- name: CheckStanding :one
SELECT number, next, began, batches, messages, faults, ended, ended_batches, ended_messages, ended_faults, first_fault FROM exchange_check WHERE number = 1;

-- name: PutCheck :exec
INSERT INTO exchange_check (number, next, began, batches, messages, faults, ended, ended_batches, ended_messages, ended_faults, first_fault)
VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (number) DO UPDATE SET
  next = excluded.next, began = excluded.began, batches = excluded.batches, messages = excluded.messages, faults = excluded.faults, ended = excluded.ended,
  ended_batches = excluded.ended_batches, ended_messages = excluded.ended_messages, ended_faults = excluded.ended_faults, first_fault = excluded.first_fault;
