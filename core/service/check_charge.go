package service

import (
	"slices"
	"strconv"
	"strings"
)

// reservedCharges are kinds of the house itself.
var reservedCharges = []string{"fee", "gift", "wallet"}

// charges checks the kinds of bills and the rates that their penalties take.
func (c *checker) charges() {
	c.keys("rates", "", "rate", '-', keysOf(c.city.Rates, func(r *Rate) string { return r.Key }))
	for i := range c.city.Rates {
		at := strconv.Itoa(i) + ".values"
		rising(c, "rates", at, c.city.Rates[i].Values, func(v *RateValue) string { return v.From })
		for j, v := range c.city.Rates[i].Values {
			if _, ok := RatePoints(v.Percent); !ok {
				c.tell("rates", at+"."+strconv.Itoa(j)+".percent", "charge_percent_text", "value", v.Percent)
			}
		}
	}
	for i := range c.city.Charges {
		c.charge(&c.city.Charges[i])
	}
}

// charge checks one kind of bills.
func (c *checker) charge(k *ChargeKind) {
	from := "charge/" + k.Key
	if !keyed(k.Key, '-') {
		c.tell(from, "charge", "bad_key", "key", k.Key, "joiner", "-")
	}
	if slices.Contains(reservedCharges, k.Key) {
		c.tell(from, "charge", "charge_reserved", "key", k.Key)
	}
	if k.Agency != "" {
		c.reference(from, "agency", "agency", k.Agency, keysOf(c.city.Agencies, func(a *Agency) string { return a.Key }))
	}
	if k.Contest != "" {
		c.reference(from, "contest", "service", k.Contest, keysOf(c.city.Services, func(s *Service) string { return s.Key }))
	}
	if k.Days != 0 {
		c.between(from, "days", k.Days, 1, 3650)
	}
	c.chargeFound(from, k)
	if d := k.Discount; d != nil {
		c.between(from, "discount.percent", d.Percent, 1, 99)
		c.between(from, "discount.days", d.Days, 1, 3650)
		if k.Days > 0 && d.Days > k.Days {
			c.tell(from, "discount.days", "charge_discount_late", "days", strconv.Itoa(d.Days), "term", strconv.Itoa(k.Days))
		}
	}
	if k.Penalty != nil {
		c.chargePenalty(from, k.Penalty)
	}
	if i := k.Instalments; i != nil {
		c.between(from, "instalments.most", i.Most, 2, 36)
		c.between(from, "instalments.every", i.Every, 1, 12)
	}
}

// chargeFound checks how bills of a kind are found. Whoever has not signed in must know more than what others can see: a
// plate is on every car. The number of a bill stands on the bill alone.
func (c *checker) chargeFound(from string, k *ChargeKind) {
	for i, f := range k.Found {
		at := "found." + strconv.Itoa(i)
		if first := slices.IndexFunc(k.Found, func(o ChargeFound) bool { return o.By == f.By }); first < i {
			c.tell(from, at+".by", "duplicate_key", "key", f.By, "first", "№ "+strconv.Itoa(first+1))
		}
		switch {
		case f.Open && f.By == "person":
			c.tell(from, at+".open", "charge_open_person")
		case f.Open && f.By != "number" && f.Second == (Text{}):
			c.tell(from, at+".open", "charge_open_second", "by", f.By)
		case !f.Open && f.Second != (Text{}):
			c.tell(from, at+".second", "charge_second_closed")
		}
	}
}

func (c *checker) chargePenalty(from string, p *ChargePenalty) {
	if _, percent := RatePoints(p.Rate); !percent {
		c.reference(from, "penalty.rate", "rate", p.Rate, keysOf(c.city.Rates, func(r *Rate) string { return r.Key }))
	}
	if p.Cap != 0 {
		c.between(from, "penalty.cap", p.Cap, 1, 1000)
	}
	last := 0
	for i, s := range p.Steps {
		at := "penalty.steps." + strconv.Itoa(i)
		c.between(from, at+".from", s.From, 1, 3650)
		if s.From <= last {
			c.tell(from, at+".from", "not_rising")
		}
		last = s.From
		if !shareWritten(s.Share) {
			c.tell(from, at+".share", "charge_share", "value", s.Share)
		}
	}
}

// shareWritten tells whether a share is written as 1/300, at most the whole.
func shareWritten(text string) bool {
	left, right, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(left)
	d, err2 := strconv.Atoi(right)
	return ok && err == nil && err2 == nil && len(text) <= 9 && n >= 0 && d > 0 && n <= d && !strings.ContainsAny(text, "+-")
}
