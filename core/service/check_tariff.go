package service

import (
	"strconv"
	"strings"

	"posad.city/kit/payqr"
)

// utilities checks utilities.yaml and the tariffs. A city without tariffs needs no utilities.yaml.
func (c *checker) utilities() {
	u := c.city.Utilities
	if u == nil {
		for i := range c.city.Tariffs {
			c.tell("tariff/"+c.city.Tariffs[i].Key, "tariff", "tariff_alone")
		}
		return
	}
	c.reference("utilities", "agency", "agency", u.Agency, keysOf(c.city.Agencies, func(a *Agency) string { return a.Key }))
	c.between("utilities", "due", u.Due, 1, 28)
	c.between("utilities", "opens", u.Opens, 1, 28)
	c.between("utilities", "closes", u.Closes, u.Opens, 31)
	c.between("utilities", "odd", u.Odd, 2, 100)
	c.between("utilities", "estimates", u.Estimates, 1, 12)
	c.between("utilities", "similar", u.Similar, 5, 1000)
	for i := 1; i < len(u.Classes); i++ {
		if u.Classes[i] <= u.Classes[i-1] {
			c.tell("utilities", "classes."+strconv.Itoa(i), "not_rising")
		}
	}
	c.reference("utilities", "payee", "provider", u.Payee, keysOf(u.Providers, func(p *Provider) string { return p.Key }))
	c.providers(u)
	c.benefits(u)
	for i := range c.city.Tariffs {
		c.tariff(u, &c.city.Tariffs[i])
	}
}

func (c *checker) providers(u *Utilities) {
	c.keys("utilities", "providers", "key", '-', keysOf(u.Providers, func(p *Provider) string { return p.Key }))
	for i, p := range u.Providers {
		at := "providers." + strconv.Itoa(i) + "."
		c.figures(at+"inn", p.INN, 10, 12)
		c.figures(at+"account", p.Account, 20)
		c.figures(at+"bic", p.BIC, 9)
		c.figures(at+"corr", p.Corr, 20)
		c.payable(at, p)
	}
}

// payable tells when no code by which a bank's app pays can be made of the requisites: every bill on paper has one.
func (c *checker) payable(at string, p Provider) {
	d := payqr.Details{Name: p.Title.RU, Account: sampleAccount, Bank: p.Bank.RU, BIC: sampleBIC, Correspondent: sampleAccount}
	if works(d) {
		return
	}
	path, value := at+"title", p.Title.RU
	if d.Name = "-"; !works(d) {
		path, value = at+"bank", p.Bank.RU
	}
	c.tell("utilities", path, "no_payment_code", "value", value)
}

func works(d payqr.Details) bool {
	_, err := d.Text()
	return err == nil
}

// Numbers as long as any, for a code that tries names alone.
const (
	sampleAccount = "40702810900000000001"
	sampleBIC     = "044525000"
)

// figures tells when a requisite has not that many digits.
func (c *checker) figures(path, value string, lengths ...int) {
	for _, length := range lengths {
		if len(value) == length && strings.Trim(value, "0123456789") == "" {
			return
		}
	}
	c.tell("utilities", path, "bad_requisite", "value", value, "digits", strconv.Itoa(lengths[0]))
}

func (c *checker) benefits(u *Utilities) {
	c.keys("utilities", "benefits", "key", '-', keysOf(u.Benefits, func(b *Benefit) string { return b.Key }))
	for i, b := range u.Benefits {
		at := "benefits." + strconv.Itoa(i)
		if (b.Percent > 0) == (b.Fixed > 0) {
			c.tell("utilities", at, "benefit_size", "key", b.Key)
		} else if b.Percent > 0 {
			c.between("utilities", at+".percent", b.Percent, 1, 100)
		}
	}
}

// rising checks that the days of a list are days and rise.
func rising[T any](c *checker, from, path string, list []T, day func(*T) string) {
	before := ""
	for i := range list {
		at := path + "." + strconv.Itoa(i) + ".from"
		text := day(&list[i])
		if c.date(from, at, text, 0).IsZero() {
			continue
		}
		if text <= before {
			c.tell(from, at, "not_rising")
		}
		before = text
	}
}

// tariff checks one tariff.
func (c *checker) tariff(u *Utilities, t *Tariff) {
	from := "tariff/" + t.Key
	if !keyed(t.Key, '-') {
		c.tell(from, "tariff", "bad_key", "key", t.Key, "joiner", "-")
	}
	c.reference(from, "provider", "provider", t.Provider, keysOf(u.Providers, func(p *Provider) string { return p.Key }))
	for i, month := range t.Months {
		c.between(from, "months."+strconv.Itoa(i), month, 1, 12)
	}
	rising(c, from, "prices", t.Prices, func(p *TariffPrice) string { return p.From })
	rising(c, from, "norms", t.Norms, func(n *TariffNorm) string { return n.From })
	for i := range t.Prices {
		c.price(from, "prices."+strconv.Itoa(i), t, &t.Prices[i])
	}
	if len(t.Norms) == 0 && (t.By == "meter" || t.By == "area" && t.Unit != "m2") {
		c.tell(from, "by", "tariff_norm", "unit", t.Unit)
	}
	for i, n := range t.Norms {
		if (n.Person > 0) == (n.Area > 0) || t.By == "area" && n.Area == 0 {
			c.tell(from, "norms."+strconv.Itoa(i), "norm_one")
		}
	}
}

// price checks that a price is said in exactly one way.
func (c *checker) price(from, at string, t *Tariff, p *TariffPrice) {
	ways := 0
	for _, there := range []bool{p.Price > 0, len(p.Zones) > 0, len(p.Bands) > 0} {
		if there {
			ways++
		}
	}
	if ways != 1 || p.Heat != nil && (p.Price == 0 || t.Kind != "hot-water") || ways == 1 && t.By != "meter" && p.Price == 0 {
		c.tell(from, at, "price_one")
		return
	}
	zones(c, from, at, p.Zones)
	for i, b := range p.Bands {
		place := at + ".bands." + strconv.Itoa(i)
		last := i == len(p.Bands)-1
		if last != (b.To == 0) || (b.Price > 0) == (len(b.Zones) > 0) || i > 0 && !last && b.To <= p.Bands[i-1].To {
			c.tell(from, place, "band_wrong")
		}
		zones(c, from, place, b.Zones)
	}
}

func zones(c *checker, from, at string, list []TariffZone) {
	seen := map[string]bool{}
	for i, z := range list {
		if seen[z.Key] {
			c.tell(from, at+".zones."+strconv.Itoa(i)+".key", "duplicate_key", "key", z.Key, "first", "№ 1")
		}
		seen[z.Key] = true
	}
}
