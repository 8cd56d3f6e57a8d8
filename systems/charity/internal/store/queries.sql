-- name: FundByID :one
SELECT fund, state, title, body, ogrn, inn, category, asked, since, revision FROM charity_fund WHERE fund = @fund;

-- name: FundsIn :many
SELECT fund, state, title, body, ogrn, inn, category, asked, since, revision FROM charity_fund WHERE state = @state AND fund > @after ORDER BY fund LIMIT @most;

-- name: InsertFund :execrows
INSERT INTO charity_fund (fund, state, title, body, ogrn, inn, category, asked, since, revision)
VALUES (@fund, @state, @title, @body, @ogrn, @inn, @category, @asked, @since, 1) ON CONFLICT (fund) DO NOTHING;

-- name: ChangeFund :execrows
UPDATE charity_fund SET title = @title, body = @body, category = @category, state = @state, asked = @asked, revision = revision + 1
WHERE fund = @fund AND revision = @revision;

-- name: SetFundState :execrows
UPDATE charity_fund SET state = @state, since = COALESCE(since, @since), revision = revision + 1 WHERE fund = @fund AND revision = @revision;

-- name: PutChange :exec
INSERT INTO charity_change (fund, id, body, asked) VALUES (@fund, @id, @body, @asked)
ON CONFLICT (fund) DO UPDATE SET id = excluded.id, body = excluded.body, asked = excluded.asked;

-- name: ChangeOf :one
SELECT fund, id, body, asked FROM charity_change WHERE fund = @fund;

-- name: Changes :many
SELECT fund, id, body, asked FROM charity_change ORDER BY asked, fund LIMIT @most;

-- name: DropChange :execrows
DELETE FROM charity_change WHERE fund = @fund AND id = @id;

-- name: AppealByID :one
SELECT fund, id, state, category, district, target, until, over, body, picture, made, opened, closed, revision FROM charity_appeal WHERE fund = @fund AND id = @id;

-- name: AppealsOf :many
SELECT a.fund, a.id, a.state, a.category, a.district, a.target, a.until, a.over, a.body, a.picture, a.made, a.opened, a.closed, a.revision,
  CAST(COALESCE(p.given, 0) AS BIGINT) AS given, CAST(COALESCE(p.gifts, 0) AS BIGINT) AS gifts, CAST(COALESCE(p.asked, 0) AS BIGINT) AS asked, CAST(COALESCE(p.paid, 0) AS BIGINT) AS paid, CAST(COALESCE(p.told, 0) AS BIGINT) AS told, CAST(COALESCE(p.place, 0) AS BIGINT) AS place
FROM charity_appeal AS a LEFT JOIN charity_purse AS p ON p.fund = a.fund AND p.appeal = a.id
WHERE a.fund = @fund ORDER BY a.id DESC LIMIT @most;

-- name: AppealsIn :many
SELECT a.fund, a.id, a.state, a.category, a.district, a.target, a.until, a.over, a.body, a.picture, a.made, a.opened, a.closed, a.revision,
  CAST(COALESCE(p.given, 0) AS BIGINT) AS given, CAST(COALESCE(p.gifts, 0) AS BIGINT) AS gifts, CAST(COALESCE(p.asked, 0) AS BIGINT) AS asked, CAST(COALESCE(p.paid, 0) AS BIGINT) AS paid, CAST(COALESCE(p.told, 0) AS BIGINT) AS told, CAST(COALESCE(p.place, 0) AS BIGINT) AS place
FROM charity_appeal AS a LEFT JOIN charity_purse AS p ON p.fund = a.fund AND p.appeal = a.id
WHERE a.state = @state ORDER BY a.opened DESC, a.id DESC LIMIT @most;

-- name: AimsOf :many
-- The appeals of a fund in a state with their money, the longest open first, without their texts.
SELECT a.id, a.state, a.category, a.target, a.over, CAST(COALESCE(p.given, 0) AS BIGINT) AS given
FROM charity_appeal AS a LEFT JOIN charity_purse AS p ON p.fund = a.fund AND p.appeal = a.id
WHERE a.fund = @fund AND a.state = @state ORDER BY a.id LIMIT @most;

-- name: OverAppeals :many
-- Those whose last day is over.
SELECT fund, id, state FROM charity_appeal WHERE state = @state AND until < @day ORDER BY opened, id LIMIT @most;

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
SELECT fund, appeal, given, gifts, asked, paid, told, place, came FROM charity_purse WHERE fund = @fund AND appeal = @appeal;

-- name: SumsOf :one
SELECT CAST(COALESCE(SUM(given), 0) AS BIGINT) AS given, CAST(COALESCE(SUM(paid), 0) AS BIGINT) AS paid FROM charity_purse WHERE fund = @fund;

-- name: SumsOfAll :many
SELECT fund, CAST(SUM(given) AS BIGINT) AS given, CAST(SUM(paid) AS BIGINT) AS paid FROM charity_purse GROUP BY fund ORDER BY fund;

-- name: OpenPurse :exec
INSERT INTO charity_purse (fund, appeal, given, gifts, asked, paid, told, place, came) VALUES (@fund, @appeal, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (fund, appeal) DO NOTHING;

-- name: GiveToPurse :execrows
UPDATE charity_purse SET given = given + @amount, came = came + @amount, gifts = gifts + 1, place = place + 1 WHERE fund = @fund AND appeal = @appeal AND place = @place;

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
INSERT INTO charity_entry (fund, id, part, kind, appeal, place, amount, line, at, day, shown, ahead)
VALUES (@fund, @id, @part, @kind, @appeal, @place, @amount, @line, @at, @day, @shown, @ahead) ON CONFLICT (fund, id, part, kind) DO NOTHING;

-- name: EntriesOf :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown, ahead FROM charity_entry WHERE fund = @fund AND id = @id ORDER BY part, kind;

-- name: MovesOfPurse :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown, ahead FROM charity_entry
WHERE fund = @fund AND appeal = @appeal AND kind = @kind ORDER BY place, id, part;

-- name: BackBefore :one
-- What has gone back of the gifts that came before a place of a purse.
SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS amount FROM charity_entry WHERE fund = @fund AND appeal = @appeal AND kind = 'back' AND place < @place;

-- name: LastGifts :many
SELECT fund, id, part, kind, appeal, place, amount, line, at, day, shown, ahead FROM charity_entry
WHERE fund = @fund AND appeal = @appeal AND kind = 'gift' ORDER BY place DESC LIMIT @most;

-- name: PayoutsOfDays :many
SELECT e.day, p.fund, p.id, p.appeal, p.line, p.amount, p.body, p.state, p.asked, p.decided, p.revision
FROM charity_entry AS e JOIN charity_payout AS p ON p.fund = e.fund AND p.id = e.id
WHERE e.fund = @fund AND e.day >= @since AND e.day <= @until AND e.kind = 'payout' ORDER BY e.day, e.at, e.id LIMIT @most;

-- name: AddToDay :exec
INSERT INTO charity_day (fund, day, kind, amount, entries) VALUES (@fund, @day, @kind, @amount, 1)
ON CONFLICT (fund, day, kind) DO UPDATE SET amount = charity_day.amount + excluded.amount, entries = charity_day.entries + 1;

-- name: DaysOf :many
SELECT day, kind, amount, entries FROM charity_day WHERE fund = @fund AND day >= @since AND day <= @until ORDER BY day, kind;

-- name: BalanceUntil :one
SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'gift' OR kind = 'return' THEN amount ELSE -amount END), 0) AS BIGINT) AS balance
FROM charity_day WHERE fund = @fund AND day <= @day;

-- name: LinesOf :many
SELECT fund, appeal, line, asked, paid FROM charity_line WHERE fund = @fund AND appeal = @appeal ORDER BY line;

-- name: OpenLine :exec
INSERT INTO charity_line (fund, appeal, line, asked, paid) VALUES (@fund, @appeal, @line, 0, 0) ON CONFLICT (fund, appeal, line) DO NOTHING;

-- name: MoveLine :exec
UPDATE charity_line SET asked = asked + @asked, paid = paid + @paid WHERE fund = @fund AND appeal = @appeal AND line = @line;

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
SELECT fund, id, appeal, at, amount, body FROM charity_report WHERE fund = @fund AND appeal = @appeal ORDER BY at DESC, id DESC LIMIT @most;

-- name: TellingOf :many
-- The reports of an appeal that tell what money was used for, all of them: they bound what may be reported.
SELECT fund, id, appeal, at, amount, body FROM charity_report WHERE fund = @fund AND appeal = @appeal AND amount > 0 ORDER BY at, id;

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

-- name: DecisionsOn :many
SELECT fund, id, object, kind, reason, body, official, agency, at FROM charity_decision WHERE fund = @fund AND object = @object ORDER BY at, id LIMIT @most;

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
