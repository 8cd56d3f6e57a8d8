-- name: FundByID :one
SELECT fund, state, title, body, ogrn, inn, category, asked, since, revision FROM charity_fund WHERE fund = @fund;

-- name: FundsIn :many
SELECT fund, state, title, body, ogrn, inn, category, asked, since, revision FROM charity_fund WHERE state = @state ORDER BY fund LIMIT @most;

-- name: InsertFund :execrows
INSERT INTO charity_fund (fund, state, title, body, ogrn, inn, category, asked, since, revision)
VALUES (@fund, @state, @title, @body, @ogrn, @inn, @category, @asked, @since, 1) ON CONFLICT (fund) DO NOTHING;

-- name: ChangeFund :execrows
UPDATE charity_fund SET title = @title, body = @body, category = @category, state = @state, asked = @asked, revision = revision + 1
WHERE fund = @fund AND revision = @revision;

-- name: SetFundState :execrows
UPDATE charity_fund SET state = @state, since = COALESCE(since, @since), revision = revision + 1 WHERE fund = @fund AND revision = @revision;

-- name: AppealByID :one
SELECT fund, id, state, category, district, target, until, over, body, picture, made, opened, closed, revision FROM charity_appeal WHERE fund = @fund AND id = @id;

-- name: AppealsOf :many
SELECT fund, id, state, category, district, target, until, over, body, picture, made, opened, closed, revision FROM charity_appeal WHERE fund = @fund ORDER BY id DESC LIMIT @most;

-- name: AppealsIn :many
SELECT fund, id, state, category, district, target, until, over, body, picture, made, opened, closed, revision FROM charity_appeal
WHERE state = @state ORDER BY opened DESC, id DESC LIMIT @most;

-- name: InsertAppeal :execrows
INSERT INTO charity_appeal (fund, id, state, category, district, target, until, over, body, picture, made, opened, closed, revision)
VALUES (@fund, @id, @state, @category, @district, @target, @until, @over, @body, @picture, @made, @opened, @closed, 1) ON CONFLICT (fund, id) DO NOTHING;

-- name: ChangeAppeal :execrows
UPDATE charity_appeal SET state = @state, category = @category, district = @district, target = @target, until = @until, over = @over, body = @body,
  picture = @picture, revision = revision + 1 WHERE fund = @fund AND id = @id AND revision = @revision;

-- name: SetAppealState :execrows
UPDATE charity_appeal SET state = @state, opened = COALESCE(opened, @opened), closed = @closed, revision = revision + 1
WHERE fund = @fund AND id = @id AND state = @was;

-- name: PurseOf :one
SELECT fund, appeal, given, gifts, asked, paid, told, place FROM charity_purse WHERE fund = @fund AND appeal = @appeal;

-- name: PursesOf :many
SELECT fund, appeal, given, gifts, asked, paid, told, place FROM charity_purse WHERE fund = @fund ORDER BY appeal;

-- name: Purses :many
SELECT fund, appeal, given, gifts, asked, paid, told, place FROM charity_purse ORDER BY fund, appeal LIMIT @most;

-- name: OpenPurse :exec
INSERT INTO charity_purse (fund, appeal, given, gifts, asked, paid, told, place) VALUES (@fund, @appeal, 0, 0, 0, 0, 0, 0) ON CONFLICT (fund, appeal) DO NOTHING;

-- name: GiveToPurse :execrows
UPDATE charity_purse SET given = given + @amount, gifts = gifts + 1, place = place + 1 WHERE fund = @fund AND appeal = @appeal AND place = @place;

-- name: TakeFromPurse :execrows
-- A gift goes back; held says that the money must be there still.
UPDATE charity_purse SET given = given - @amount, gifts = gifts - 1 WHERE fund = @fund AND appeal = @appeal;

-- name: AskOfPurse :execrows
UPDATE charity_purse SET asked = asked + @amount WHERE fund = @fund AND appeal = @appeal AND given - paid - asked >= @amount;

-- name: PayFromPurse :execrows
UPDATE charity_purse SET asked = asked - @amount, paid = paid + @amount, place = place + 1 WHERE fund = @fund AND appeal = @appeal AND given - paid >= @amount;

-- name: ReturnToPurse :execrows
UPDATE charity_purse SET paid = paid - @amount WHERE fund = @fund AND appeal = @appeal;

-- name: ReturnPayout :execrows
UPDATE charity_payout SET state = 'returned', revision = revision + 1 WHERE fund = @fund AND id = @id AND state = 'paid';

-- name: LetBePurse :execrows
UPDATE charity_purse SET asked = asked - @amount WHERE fund = @fund AND appeal = @appeal;

-- name: TellOfPurse :execrows
UPDATE charity_purse SET told = told + @amount WHERE fund = @fund AND appeal = @appeal AND told + @amount <= paid;

-- name: InsertEntry :execrows
INSERT INTO charity_entry (fund, id, part, kind, appeal, place, amount, line, at, day, shown)
VALUES (@fund, @id, @part, @kind, @appeal, @place, @amount, @line, @at, @day, @shown) ON CONFLICT (fund, id, part, kind) DO NOTHING;

-- name: EntriesOf :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown FROM charity_entry WHERE fund = @fund AND id = @id ORDER BY part, kind;

-- name: EntriesOfPurse :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown FROM charity_entry WHERE fund = @fund AND appeal = @appeal ORDER BY place, id, part;

-- name: LastGifts :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown FROM charity_entry
WHERE fund = @fund AND appeal = @appeal AND kind = 'gift' ORDER BY place DESC LIMIT @most;

-- name: EntriesOfDays :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown FROM charity_entry
WHERE fund = @fund AND day >= @since AND day <= @until ORDER BY day, at, id, part LIMIT @most;

-- name: DaysOf :many
SELECT day, kind, CAST(SUM(amount) AS BIGINT) AS amount, CAST(COUNT(*) AS BIGINT) AS entries FROM charity_entry
WHERE fund = @fund AND day >= @since AND day <= @until GROUP BY day, kind ORDER BY day, kind;

-- name: BooksUntil :one
SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'gift' THEN amount ELSE 0 END), 0) AS BIGINT) AS gifts,
  CAST(COALESCE(SUM(CASE WHEN kind = 'back' THEN amount ELSE 0 END), 0) AS BIGINT) AS back,
  CAST(COALESCE(SUM(CASE WHEN kind = 'payout' THEN amount WHEN kind = 'return' THEN -amount ELSE 0 END), 0) AS BIGINT) AS payouts
FROM charity_entry WHERE fund = @fund AND day <= @day;

-- name: HideName :exec
UPDATE charity_entry SET shown = '' WHERE fund = @fund AND id = @id;

-- name: InsertPayout :execrows
INSERT INTO charity_payout (fund, id, appeal, line, amount, body, state, asked, decided, revision)
VALUES (@fund, @id, @appeal, @line, @amount, @body, @state, @asked, @decided, 1) ON CONFLICT (fund, id) DO NOTHING;

-- name: PayoutByID :one
SELECT fund, id, appeal, line, amount, body, state, asked, decided, revision FROM charity_payout WHERE fund = @fund AND id = @id;

-- name: PayoutsOf :many
SELECT fund, id, appeal, line, amount, body, state, asked, decided, revision FROM charity_payout WHERE fund = @fund ORDER BY id DESC LIMIT @most;

-- name: PayoutsIn :many
SELECT fund, id, appeal, line, amount, body, state, asked, decided, revision FROM charity_payout WHERE state = @state ORDER BY asked, id LIMIT @most;

-- name: SetPayoutState :execrows
UPDATE charity_payout SET state = @state, decided = @decided, revision = revision + 1 WHERE fund = @fund AND id = @id AND state = 'asked';

-- name: InsertReport :execrows
INSERT INTO charity_report (fund, id, appeal, at, amount, body) VALUES (@fund, @id, @appeal, @at, @amount, @body) ON CONFLICT (fund, id) DO NOTHING;

-- name: ReportsOf :many
SELECT fund, id, appeal, at, amount, body FROM charity_report WHERE fund = @fund AND appeal = @appeal ORDER BY at, id;

-- name: ReportsOfFund :many
SELECT fund, id, appeal, at, amount, body FROM charity_report WHERE fund = @fund ORDER BY at DESC, id DESC LIMIT @most;

-- name: InsertFile :exec
INSERT INTO charity_file (fund, id, name, media, body, at) VALUES (@fund, @id, @name, @media, @body, @at);

-- name: FileByID :one
SELECT fund, id, name, media, body, at FROM charity_file WHERE fund = @fund AND id = @id;

-- name: InsertDecision :exec
INSERT INTO charity_decision (fund, id, object, kind, reason, body, official, agency, at) VALUES (@fund, @id, @object, @kind, @reason, @body, @official, @agency, @at);

-- name: DecisionsOf :many
SELECT fund, id, object, kind, reason, body, official, agency, at FROM charity_decision WHERE fund = @fund ORDER BY at DESC, id DESC LIMIT @most;

-- name: InsertAct :exec
INSERT INTO charity_act (fund, id, object, person, kind, at) VALUES (@fund, @id, @object, @person, @kind, @at);

-- name: ActsOn :many
SELECT fund, id, object, person, kind, at FROM charity_act WHERE fund = @fund AND object = @object ORDER BY at, id;

-- name: ActsOfPerson :many
SELECT fund, id, object, person, kind, at FROM charity_act WHERE person = @person ORDER BY at DESC, id DESC LIMIT @most;

-- name: InsertHome :exec
INSERT INTO charity_home (id, fund) VALUES (@id, @fund) ON CONFLICT (id) DO NOTHING;

-- name: HomeOf :one
SELECT id, fund FROM charity_home WHERE id = @id;

-- name: InsertCode :exec
INSERT INTO charity_code (code, fund, gift, appeal, amount) VALUES (@code, @fund, @gift, @appeal, @amount) ON CONFLICT (code) DO NOTHING;

-- name: ByCode :one
SELECT code, fund, gift, appeal, amount FROM charity_code WHERE code = @code;

-- name: InsertGift :execrows
INSERT INTO charity_gift (giver, id, fund, appeal, amount, currency, state, monthly, made, given, body)
VALUES (@giver, @id, @fund, @appeal, @amount, @currency, @state, @monthly, @made, @given, @body) ON CONFLICT (giver, id) DO NOTHING;

-- name: GiftByID :one
SELECT giver, id, fund, appeal, amount, currency, state, monthly, made, given, body FROM charity_gift WHERE giver = @giver AND id = @id;

-- name: GiftsOf :many
SELECT giver, id, fund, appeal, amount, currency, state, monthly, made, given, body FROM charity_gift WHERE giver = @giver ORDER BY id DESC LIMIT @most;

-- name: SetGiftState :execrows
UPDATE charity_gift SET state = @state, given = COALESCE(given, @given) WHERE giver = @giver AND id = @id AND state = @was;

-- name: InsertMonthly :execrows
INSERT INTO charity_monthly (giver, id, fund, appeal, amount, day, card, state, next, misses, made, ended, why, revision)
VALUES (@giver, @id, @fund, @appeal, @amount, @day, @card, @state, @next, 0, @made, NULL, '', 1) ON CONFLICT (giver, id) DO NOTHING;

-- name: MonthlyByID :one
SELECT giver, id, fund, appeal, amount, day, card, state, next, misses, made, ended, why, revision FROM charity_monthly WHERE giver = @giver AND id = @id;

-- name: MonthliesOf :many
SELECT giver, id, fund, appeal, amount, day, card, state, next, misses, made, ended, why, revision FROM charity_monthly WHERE giver = @giver ORDER BY id DESC LIMIT @most;

-- name: MoveMonthly :execrows
UPDATE charity_monthly SET next = @next, revision = revision + 1 WHERE giver = @giver AND id = @id AND state = 'on' AND next = @was;

-- name: EndMonthly :execrows
UPDATE charity_monthly SET state = 'off', ended = @ended, why = @why, revision = revision + 1 WHERE giver = @giver AND id = @id AND state = 'on';

-- name: SetMisses :exec
UPDATE charity_monthly SET misses = @misses WHERE giver = @giver AND id = @id;

-- name: MonthliesLate :many
-- counts only
SELECT giver, id FROM charity_monthly WHERE state = 'on' AND next < @day ORDER BY next, giver, id LIMIT @most;
