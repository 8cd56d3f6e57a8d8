package crash

import "testing"

// rule is what no row may break: its query gives the rows that do. It runs on both engines.
type rule struct{ what, sql string }

// always holds at every moment, so that it is checked after each kill too, before the city can mend anything.
var always = []rule{
	// No half of an application.
	{"a case without its line, or with another", `SELECT f.number, f.revision, l.revision, f.stage, l.stage FROM case_file AS f
	 LEFT JOIN case_line AS l ON l.holder = f.holder AND l.id = f.id
	 WHERE l.id IS NULL OR l.revision <> f.revision OR l.stage <> f.stage OR l.number <> f.number`},
	{"a line without its case", `SELECT l.number FROM case_line AS l LEFT JOIN case_file AS f ON f.holder = l.holder AND f.id = l.id WHERE f.id IS NULL`},
	{"a case that its number does not find", `SELECT f.number FROM case_file AS f
	 LEFT JOIN case_number AS n ON n.number = f.number AND n.holder = f.holder AND n.id = f.id WHERE n.id IS NULL`},
	{"a number of no case", `SELECT n.number FROM case_number AS n LEFT JOIN case_file AS f ON f.holder = n.holder AND f.id = n.id AND f.number = n.number WHERE f.id IS NULL`},
	{"a case that its id does not find", `SELECT f.number FROM case_file AS f LEFT JOIN case_home AS h ON h.id = f.id AND h.holder = f.holder AND h.case_id = f.id WHERE h.id IS NULL`},
	{"a home of no case", `SELECT h.id FROM case_home AS h LEFT JOIN case_file AS f ON f.holder = h.holder AND f.id = h.case_id WHERE f.id IS NULL`},
	{"a case not begun by one line of its timeline", `SELECT f.number, COUNT(t.number) FROM case_file AS f
	 LEFT JOIN timeline AS t ON t.holder = f.holder AND t.case_id = f.id AND t.event = 'submitted' GROUP BY f.number HAVING COUNT(t.number) <> 1`},
	{"a case without its one entry in the journal", `SELECT f.number, COUNT(j.id) FROM case_file AS f
	 LEFT JOIN journal_entry AS j ON j.holder = f.holder AND j.object = f.id AND j.kind = 'casework.submitted' GROUP BY f.number HAVING COUNT(j.id) <> 1`},
	{"decisions and their entries differ", `SELECT f.number, f.stage, f.round, COUNT(j.id) FROM case_file AS f
	 LEFT JOIN journal_entry AS j ON j.holder = f.holder AND j.object = f.id AND j.kind = 'casework.decision'
	 GROUP BY f.number, f.stage, f.round HAVING COUNT(j.id) <> f.round + CASE WHEN f.stage IN ('approved', 'refused') THEN 1 ELSE 0 END`},
	{"a case that was opened anew without the round that was undone", `SELECT f.number, f.round, COUNT(r.round) FROM case_file AS f
	 LEFT JOIN case_round AS r ON r.holder = f.holder AND r.case_id = f.id GROUP BY f.number, f.round HAVING COUNT(r.round) <> f.round`},
	{"an entry of no case", `SELECT j.id, j.kind FROM journal_entry AS j LEFT JOIN case_file AS f ON f.holder = j.holder AND f.id = j.object
	 WHERE j.kind IN ('casework.submitted', 'casework.decision') AND f.id IS NULL`},
	{"rows of no case", `SELECT 'timeline', t.case_id FROM timeline AS t LEFT JOIN case_file AS f ON f.holder = t.holder AND f.id = t.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'task', t.case_id FROM task AS t LEFT JOIN case_file AS f ON f.holder = t.holder AND f.id = t.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'question', q.case_id FROM question AS q LEFT JOIN case_file AS f ON f.holder = q.holder AND f.id = q.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'pause', p.case_id FROM pause AS p LEFT JOIN case_file AS f ON f.holder = p.holder AND f.id = p.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'round', r.case_id FROM case_round AS r LEFT JOIN case_file AS f ON f.holder = r.holder AND f.id = r.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'correction', r.case_id FROM correction AS r LEFT JOIN case_file AS f ON f.holder = r.holder AND f.id = r.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'signer', s.case_id FROM case_signer AS s LEFT JOIN case_file AS f ON f.holder = s.holder AND f.id = s.case_id WHERE f.id IS NULL
	 UNION ALL SELECT 'desk', d.id FROM desk_line AS d LEFT JOIN case_file AS f ON f.holder = d.holder AND f.id = d.id WHERE f.id IS NULL`},
	{"an open case that nobody watches, or an ended one that somebody does", `SELECT f.number, f.stage, f.step FROM case_file AS f LEFT JOIN case_watch AS w ON w.id = f.id
	 WHERE (f.step = '' AND f.stage <> 'open' AND w.id IS NOT NULL) OR ((f.step <> '' OR f.stage = 'open') AND w.id IS NULL)`},

	// A draft is a draft or a case.
	{"a draft beside its case", `SELECT d.id FROM draft AS d JOIN case_file AS f ON f.id = d.id UNION ALL SELECT l.id FROM draft_line AS l JOIN case_file AS f ON f.id = l.id`},
	{"half a draft", `SELECT d.id FROM draft AS d LEFT JOIN draft_line AS l ON l.holder = d.holder AND l.id = d.id LEFT JOIN draft_home AS h ON h.id = d.id
	 WHERE l.id IS NULL OR h.id IS NULL OR h.number <> ''
	 UNION ALL SELECT l.id FROM draft_line AS l LEFT JOIN draft AS d ON d.holder = l.holder AND d.id = l.id WHERE d.id IS NULL
	 UNION ALL SELECT h.id FROM draft_home AS h LEFT JOIN draft AS d ON d.id = h.id WHERE h.number = '' AND d.id IS NULL`},
	{"a sent draft that is no case, or another", `SELECT h.id, h.number FROM draft_home AS h LEFT JOIN case_file AS f ON f.holder = h.holder AND f.id = h.id AND f.number = h.number
	 WHERE h.number <> '' AND f.id IS NULL`},
	{"a case that was no draft", `SELECT f.number FROM case_file AS f LEFT JOIN draft_home AS h ON h.id = f.id AND h.number = f.number WHERE h.id IS NULL`},

	// No step twice.
	{"something happened twice", `SELECT t.case_id, t.event, COUNT(*) FROM timeline AS t
	 WHERE t.event IN ('submitted', 'registers', 'fetched', 'not_fetched', 'pay', 'paid', 'free', 'unpaid', 'withdrawn', 'rated')
	 GROUP BY t.case_id, t.event HAVING COUNT(*) > 1`},
	{"something happened twice in a round", `SELECT f.number, f.round, t.event, COUNT(*) FROM timeline AS t JOIN case_file AS f ON f.holder = t.holder AND f.id = t.case_id
	 WHERE t.event IN ('to_official', 'queued', 'approved', 'refused', 'issued', 'confirmed', 'late')
	 GROUP BY f.number, f.round, t.event HAVING COUNT(*) > f.round + 1`},
	{"a step begun twice", `SELECT f.number, f.round, t.step, t.part, COUNT(*) FROM task AS t JOIN case_file AS f ON f.holder = t.holder AND f.id = t.case_id
	 WHERE t.kind NOT IN ('confirm', 'correct') GROUP BY f.number, f.round, t.step, t.part HAVING COUNT(*) > f.round + 1`},
	{"two open tasks of one thing", `SELECT case_id, part, COUNT(*) FROM task WHERE state = 'open' GROUP BY case_id, part HAVING COUNT(*) > 1`},
	{"an open part of no open step", `SELECT p.case_id, p.step, p.part FROM task AS p LEFT JOIN task AS t
	 ON t.holder = p.holder AND t.case_id = p.case_id AND t.step = p.step AND t.part = '' AND t.state = 'open'
	 WHERE p.state = 'open' AND p.kind IN ('agree', 'confirm') AND p.part <> '' AND t.id IS NULL`},
	{"a proposal and its confirmation differ", `SELECT f.number, f.proposed_by, COUNT(t.id) FROM case_file AS f
	 LEFT JOIN task AS t ON t.holder = f.holder AND t.case_id = f.id AND t.kind = 'confirm' AND t.state = 'open'
	 GROUP BY f.number, f.proposed_by HAVING COUNT(t.id) <> CASE WHEN f.proposed_by IS NULL THEN 0 ELSE 1 END`},
	{"proposals and the timeline differ", `SELECT f.number FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM task AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.kind = 'confirm')
	 <> (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event = 'proposed')`},
	{"a mistake that nobody looks at, or an answered one that somebody does", `SELECT c.case_id, c.id, c.state, COUNT(t.id) FROM correction AS c
	 LEFT JOIN task AS t ON t.holder = c.holder AND t.case_id = c.case_id AND t.kind = 'correct' AND t.reference = c.id AND t.state = 'open'
	 GROUP BY c.case_id, c.id, c.state HAVING COUNT(t.id) <> CASE WHEN c.state = 'open' THEN 1 ELSE 0 END`},
	{"mistakes and the timeline differ", `SELECT f.number FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM correction AS c WHERE c.holder = f.holder AND c.case_id = f.id)
	 <> (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event = 'correction_asked')`},
	{"two open questions of a case", `SELECT case_id, COUNT(*) FROM question WHERE answered IS NULL AND lapsed IS NULL GROUP BY case_id HAVING COUNT(*) > 1`},
	{"questions and the timeline differ", `SELECT f.number, (SELECT COUNT(*) FROM question AS q WHERE q.holder = f.holder AND q.case_id = f.id),
	 (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event = 'asked') FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM question AS q WHERE q.holder = f.holder AND q.case_id = f.id)
	 <> (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event = 'asked')`},
	{"answers and the timeline differ", `SELECT f.number FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM question AS q WHERE q.holder = f.holder AND q.case_id = f.id AND q.answered IS NOT NULL)
	 <> (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event = 'answered')`},
	{"two good documents of a case", `SELECT subject, kind, COUNT(*) FROM document_result WHERE revoked IS NULL AND form <> 'refusal'
	 GROUP BY subject, kind HAVING COUNT(*) > 1`},
	{"a document that nobody gave, or one that was given and is not there", `SELECT f.number FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM document_result AS r WHERE r.holder = f.holder AND r.subject = f.id AND r.form <> 'refusal')
	 <> (SELECT COUNT(*) FROM timeline AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.event IN ('issued', 'corrected'))`},
	{"a letter without its refusal", `SELECT f.number FROM case_file AS f
	 WHERE (SELECT COUNT(*) FROM document_result AS r WHERE r.holder = f.holder AND r.subject = f.id AND r.form = 'refusal')
	 > (SELECT COUNT(*) FROM case_round AS r WHERE r.holder = f.holder AND r.case_id = f.id AND r.stage = 'refused')
	 + CASE WHEN f.stage = 'refused' THEN 1 ELSE 0 END`},
	{"a document of no case", `SELECT r.subject FROM document_result AS r LEFT JOIN case_file AS f ON f.holder = r.holder AND f.id = r.subject WHERE f.id IS NULL`},
	{"half a document", `SELECT r.id FROM document_result AS r LEFT JOIN document_number AS n ON n.number = r.number AND n.result = r.id
	 LEFT JOIN document_home AS h ON h.result = r.id LEFT JOIN document_paper AS p ON p.holder = r.holder AND p.result = r.id
	 LEFT JOIN document_blob AS b ON b.blob = p.blob WHERE n.result IS NULL OR h.result IS NULL OR p.blob IS NOT NULL AND b.blob IS NULL`},
	{"two tellings of one thing", `SELECT n.person, n.case_id, n.kind, COUNT(*) FROM notice AS n LEFT JOIN case_file AS f ON f.id = n.case_id
	 WHERE n.kind IN ('casework.tell.submitted', 'casework.tell.pay', 'casework.tell.paid', 'casework.tell.approved', 'casework.tell.refused', 'casework.tell.issued')
	 GROUP BY n.person, n.case_id, n.kind, f.round HAVING COUNT(*) > COALESCE(f.round, 0) + 1`},

	{"half a notice", `SELECT n.id FROM notice AS n LEFT JOIN notice_text AS x ON x.person = n.person AND x.id = n.id WHERE x.id IS NULL`},
	{"a dead job", `SELECT handler, event, object, attempt, failure FROM job WHERE state = 'dead'`},
	// Halves of payments; sums are in checkMoney.
	{"two charges of a case", `SELECT subject, COUNT(*) FROM bill WHERE kind = 'fee' GROUP BY subject HAVING COUNT(*) > 1`},
	{"a charge of no case", `SELECT c.id FROM bill AS c LEFT JOIN case_file AS f ON f.id = c.subject AND f.applicant = c.home WHERE c.kind = 'fee' AND f.id IS NULL`},
	{"a charge that its case does not know", `SELECT c.id FROM bill AS c LEFT JOIN task AS t ON t.case_id = c.subject AND t.kind = 'pay' AND t.reference = c.id
	 LEFT JOIN timeline AS l ON l.case_id = c.subject AND l.event = 'pay' WHERE c.kind = 'fee' AND (t.id IS NULL OR l.number IS NULL)`},
	{"a case that waits for a charge that is not there", `SELECT t.case_id FROM task AS t LEFT JOIN bill AS c ON c.id = t.reference AND c.subject = t.case_id
	 WHERE t.kind = 'pay' AND t.reference IS NOT NULL AND c.id IS NULL`},
	{"half a payment", `SELECT p.id, p.state FROM payment AS p WHERE NOT EXISTS (SELECT 1 FROM payment_line AS l WHERE l.payer = p.payer AND l.payment = p.id)
	 OR NOT EXISTS (SELECT 1 FROM attempt AS a WHERE a.payer = p.payer AND a.payment = p.id)
	 OR (SELECT SUM(l.amount) FROM payment_line AS l WHERE l.payer = p.payer AND l.payment = p.id) <> p.amount`},
	{"an attempt or a line of no payment", `SELECT a.id FROM attempt AS a LEFT JOIN payment AS p ON p.payer = a.payer AND p.id = a.payment WHERE p.id IS NULL
	 UNION ALL SELECT l.payment FROM payment_line AS l LEFT JOIN payment AS p ON p.payer = l.payer AND p.id = l.payment
	 LEFT JOIN bill AS c ON c.home = l.home AND c.id = l.charge WHERE p.id IS NULL OR c.id IS NULL`},
	{"something of a payment that can't be found", `SELECT a.id FROM attempt AS a LEFT JOIN pay_home AS h ON h.id = a.id AND h.payer = a.payer AND h.payment = a.payment WHERE h.id IS NULL
	 UNION ALL SELECT c.id FROM bill AS c LEFT JOIN bill_home AS h ON h.id = c.id AND h.home = c.home WHERE h.id IS NULL
	 UNION ALL SELECT r.id FROM refund AS r LEFT JOIN pay_home AS h ON h.id = r.id AND h.payer = r.payer WHERE r.kind <> 'reversed' AND h.id IS NULL`},
	{"two attempts under way for one charge", `SELECT l.charge, COUNT(*) FROM attempt AS a JOIN payment_line AS l ON l.payer = a.payer AND l.payment = a.payment
	 WHERE a.state IN ('started', 'open') GROUP BY l.charge HAVING COUNT(*) > 1`},
	{"an attempt and its payment differ", `SELECT p.id, p.state, a.state FROM payment AS p JOIN attempt AS a ON a.payer = p.payer AND a.payment = p.id
	 WHERE (a.state = 'paid') <> (p.state IN ('paid', 'refunded'))`},
}

// atRest holds when nothing is left to be done: nothing is forgotten.
var atRest = []rule{
	{"a step that nobody was told of", `SELECT t.case_id, t.event FROM timeline AS t LEFT JOIN notice AS n ON n.case_id = t.case_id AND n.kind = 'casework.tell.' || t.event
	 WHERE t.event IN ('submitted', 'pay', 'paid', 'approved', 'refused', 'issued') AND n.id IS NULL`},
	{"a letter that lies", `SELECT id, state, failure, tries FROM notice_delivery WHERE state = 'queued'`},
	{"a question to a register that nobody will answer", `SELECT case_id, certificate, trouble, tries FROM certificate AS c
	 WHERE state = 'asked' AND EXISTS (SELECT 1 FROM case_file AS f WHERE f.id = c.case_id)`},
	{"a case that stands where the program should move it", `SELECT f.number, t.step, t.kind FROM task AS t JOIN case_file AS f ON f.holder = t.holder AND f.id = t.case_id
	 WHERE t.state = 'open' AND (t.kind IN ('fetch', 'issue') OR (t.kind = 'decide' AND t.queue = '') OR (f.stage <> 'open' AND t.kind <> 'correct'))`},
	{"a case with nothing to do that has not ended", `SELECT f.number, f.stage, f.step FROM case_file AS f
	 WHERE f.step <> '' AND NOT EXISTS (SELECT 1 FROM task AS t WHERE t.holder = f.holder AND t.case_id = f.id AND t.state = 'open')`},
	{"an approved case without its document", `SELECT f.number FROM case_file AS f WHERE f.stage = 'approved'
	 AND NOT EXISTS (SELECT 1 FROM document_result AS r WHERE r.holder = f.holder AND r.subject = f.id)`},
	{"a refusal without its letter", `SELECT f.number FROM case_file AS f WHERE f.stage = 'refused'
	 AND NOT EXISTS (SELECT 1 FROM document_result AS r WHERE r.holder = f.holder AND r.subject = f.id AND r.form = 'refusal' AND r.revoked IS NULL)`},
	{"a task that its desk does not show as it is", `SELECT f.number, t.kind, t.part, f.revision, d.revision FROM case_file AS f
	 JOIN task AS t ON t.holder = f.holder AND t.case_id = f.id AND t.state = 'open' AND t.queue <> ''
	 LEFT JOIN desk_line AS d ON d.agency = t.agency AND d.id = f.id AND d.task = t.id AND d.revision = f.revision AND d.queue = t.queue
	 WHERE d.id IS NULL`},
	{"a line of a desk where nothing is to be done", `SELECT d.number, d.kind, d.status FROM desk_line AS d
	 LEFT JOIN task AS t ON t.holder = d.holder AND t.case_id = d.id AND t.id = d.task AND t.state = 'open' AND t.agency = d.agency AND t.queue = d.queue
	 WHERE t.id IS NULL`},
	{"a paid charge whose case has not gone on, or the other way round", `SELECT c.subject, c.state FROM bill AS c
	 LEFT JOIN timeline AS t ON t.case_id = c.subject AND t.event = 'paid' WHERE c.kind = 'fee' AND (c.state = 'paid') <> (t.number IS NOT NULL)`},
}

func checkRules(t *testing.T, b *books, rules []rule) {
	t.Helper()
	for _, rule := range rules {
		broken := b.rows(rule.sql)
		for i, row := range broken {
			if i < shownMost {
				t.Errorf("%s: %s", rule.what, row)
			}
		}
		if len(broken) > shownMost {
			t.Errorf("%s: %d in all", rule.what, len(broken))
		}
	}
}
