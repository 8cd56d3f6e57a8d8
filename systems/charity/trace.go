package charity

import "posad.city/kit/id"

// Given is a gift's part in a purse, in the order in which gifts came, without those that went back.
type Given struct {
	Gift   id.ID
	Part   int64
	Amount int64
}

// Spent is a payout of a purse, in the order of payouts.
type Spent struct {
	Payout id.ID
	Line   string
	Amount int64
}

// Told is a line of a report, in the order of reports.
type Told struct {
	Report id.ID
	Number int // of the line in its report
	Line   string
	Amount int64
}

// Piece is a part of a gift that is in one place. Without a Payout it lies in the purse; without a Report nothing was told of
// it yet.
type Piece struct {
	Given  Given
	Amount int64
	Payout id.ID
	Line   string
	Report id.ID
	Number int
}

// Trace lays gifts over payouts, first in, first out, and payouts over the lines of reports for the same line of the budget,
// the same way. Each kopeck of each gift is in exactly one piece, and pieces come in the order of gifts. A part of a payout
// that no gift covers, since a bank took a gift back after it was spent, is in no piece. Amounts below zero count as zero.
func Trace(given []Given, spent []Spent, told []Told) []Piece {
	cut := cover(spent, told)
	var out []Piece
	at := 0
	for _, g := range given {
		left := max(g.Amount, 0)
		for left > 0 && at < len(cut) {
			take := min(left, cut[at].Amount)
			out = append(out, Piece{Given: g, Amount: take, Payout: cut[at].Payout, Line: cut[at].Line, Report: cut[at].Report, Number: cut[at].Number})
			left -= take
			if cut[at].Amount -= take; cut[at].Amount == 0 {
				at++
			}
		}
		if left > 0 {
			out = append(out, Piece{Given: g, Amount: left})
		}
	}
	return out
}

// cover cuts payouts by the report lines that tell of them.
func cover(spent []Spent, told []Told) []Piece {
	lines := map[string][]Told{}
	for _, t := range told {
		if t.Amount > 0 {
			lines[t.Line] = append(lines[t.Line], t)
		}
	}
	var out []Piece
	for _, s := range spent {
		left := max(s.Amount, 0)
		for left > 0 {
			piece := Piece{Amount: left, Payout: s.Payout, Line: s.Line}
			if queue := lines[s.Line]; len(queue) > 0 {
				piece.Amount = min(left, queue[0].Amount)
				piece.Report, piece.Number = queue[0].Report, queue[0].Number
				if queue[0].Amount -= piece.Amount; queue[0].Amount == 0 {
					lines[s.Line] = queue[1:]
				}
			}
			left -= piece.Amount
			out = append(out, piece)
		}
	}
	return out
}

// Way is where a gift is: how much of it lies, was paid out, and was reported. The three are parts of Given.
type Way struct {
	Given    int64
	Lies     int64
	PaidOut  int64 // and not reported yet
	Reported int64
	Pieces   []Piece
}

// WayOf adds up the pieces of one gift.
func WayOf(gift id.ID, pieces []Piece) Way {
	var out Way
	for _, p := range pieces {
		if p.Given.Gift != gift {
			continue
		}
		out.Pieces = append(out.Pieces, p)
		out.Given += p.Amount
		switch {
		case p.Payout.IsZero():
			out.Lies += p.Amount
		case p.Report.IsZero():
			out.PaidOut += p.Amount
		default:
			out.Reported += p.Amount
		}
	}
	return out
}

// Room is an aim that a gift may go to and how much of it it takes; below zero: any amount.
type Room struct {
	Appeal id.ID
	Left   int64
}

// Share is a part of a gift that goes to an aim.
type Share struct {
	Appeal id.ID
	Amount int64
}

// Split parts a gift among aims: the first takes as much as it has room for, then the next. What none takes goes to last. The
// shares come to the amount.
func Split(amount int64, rooms []Room, last id.ID) []Share {
	var out []Share
	add := func(appeal id.ID, n int64) {
		if n <= 0 {
			return
		}
		amount -= n
		for i := range out {
			if out[i].Appeal == appeal {
				out[i].Amount += n
				return
			}
		}
		out = append(out, Share{appeal, n})
	}
	for _, r := range rooms {
		if r.Left < 0 {
			add(r.Appeal, amount)
			continue
		}
		add(r.Appeal, min(amount, r.Left))
	}
	add(last, amount)
	return out
}

// RoundUp is what makes a total a whole number of steps: "add 32 ₽". Zero when it is whole already.
func RoundUp(total, step int64) int64 {
	if total <= 0 || step <= 0 {
		return 0
	}
	return (step - total%step) % step
}
