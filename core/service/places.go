package service

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxHouses bounds an address register; a city of a million has some 60,000 houses.
const maxHouses = 500_000

// AddressBook finds addresses of the city's register. It is immutable and safe for concurrent use.
type AddressBook struct {
	houses  map[string]house // by id
	streets []streetEntry
}

type house struct {
	street *Street
	run    *House
	number string
}

// streetEntry is a street as people look for it.
type streetEntry struct {
	street *Street
	words  []string // of every name, folded
	order  []string // house numbers in the order of people: 2, 9, 10, 10k1
}

// Addresses is the city's address book.
func (c *City) Addresses() *AddressBook { return c.compiled.addresses }

// Len is how many houses the register has.
func (b *AddressBook) Len() int { return len(b.houses) }

// Address is the address with this id and flat; false when there is no such house, or the house no such flat. A house
// with flats needs one, a private house has none.
func (b *AddressBook) Address(id, flat string) (Address, bool) {
	h, ok := b.houses[id]
	if !ok || !h.flatFits(flat) {
		return Address{}, false
	}
	return h.address(id, flat), true
}

// House is the house with this id, without a flat, and how many flats it has.
func (b *AddressBook) House(id string) (Address, int, bool) {
	h, ok := b.houses[id]
	if !ok {
		return Address{}, 0, false
	}
	return h.address(id, ""), h.run.Flats, true
}

// ByReference is the address that a register names: STREET:HOUSE or STREET:HOUSE/FLAT.
func (b *AddressBook) ByReference(reference string) (Address, bool) {
	id, flat, _ := strings.Cut(reference, "/")
	return b.Address(id, flat)
}

// Reference is what ByReference reads.
func (a Address) Reference() string {
	if a.Flat == "" {
		return a.ID
	}
	return a.ID + "/" + a.Flat
}

func (h house) flatFits(flat string) bool {
	if flat == "" {
		return h.run.Flats == 0
	}
	n, err := strconv.Atoi(flat)
	return err == nil && n >= 1 && n <= h.run.Flats && strconv.Itoa(n) == flat
}

func (h house) address(id, flat string) Address {
	text := Text{RU: h.street.Title.RU + ", " + shownNumber(h.number), EN: h.street.Title.EN + ", " + h.number}
	if flat != "" {
		text.RU += ", кв. " + flat
		text.EN += ", flat " + flat
	}
	return Address{ID: id, Flat: flat, Text: text.RU, TextEN: text.EN, District: h.run.District, Zones: h.run.Zones}
}

var (
	latinNumber   = strings.NewReplacer("к", "k", "К", "k", "а", "a", "А", "a", "б", "b", "Б", "b", "в", "v", "В", "v", "г", "g", "Г", "g", " ", "")
	russianNumber = strings.NewReplacer("k", "к", "a", "а", "b", "б", "v", "в", "g", "г")
)

// shownNumber is a house number in Russian letters.
func shownNumber(number string) string { return russianNumber.Replace(number) }

// Suggest is up to limit addresses that a text may mean, the likeliest first: the words before the number begin words of
// the street's name, in any order, without "street" and the like; the number begins the house's; what comes after is a
// flat.
func (b *AddressBook) Suggest(text string, limit int) []Address {
	q := parseQuery(text)
	if len(q.words) == 0 {
		return nil
	}
	var out []Address
	for i := range b.streets {
		s := &b.streets[i]
		if !q.means(s) {
			continue
		}
		for _, number := range s.order {
			if q.number != "" && !strings.HasPrefix(number, q.number) {
				continue
			}
			out = append(out, b.suggested(s.street.Key+":"+number, q.flat))
			if q.number == "" && len(out)%3 == 0 { // a street without a number: some of its houses, then the next street
				break
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Address) int { return q.distance(a) - q.distance(b) })
	return out[:min(limit, len(out))]
}

// suggested takes the flat along where the house has it.
func (b *AddressBook) suggested(id, flat string) Address {
	if a, ok := b.Address(id, flat); ok {
		return a
	}
	a, _, _ := b.House(id)
	return a
}

// Locate is the house, and the flat if one is named, that a whole text means; false when it names no house of the
// register, or several.
func (b *AddressBook) Locate(text string) (string, string, bool) {
	q := parseQuery(text)
	if len(q.words) == 0 || q.number == "" {
		return "", "", false
	}
	var found []string
	for i := range b.streets {
		s := &b.streets[i]
		id := s.street.Key + ":" + q.number
		if _, ok := b.houses[id]; ok && q.names(s) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return "", "", false
	}
	return found[0], q.flat, true
}

// addressQuery is an address as typed, taken apart.
type addressQuery struct {
	words  []string
	number string
	flat   string
}

// noise are words of an address that name no street.
var noise = []string{"г", "город", "city", "ул", "улица", "пр", "просп", "проспект", "пер", "переулок", "пл", "площадь", "наб", "набережная", "ш", "шоссе", "бул", "бульвар", "проезд", "дом", "д", "st", "street", "ave", "avenue", "lane", "ln", "sq", "square", "emb", "embankment", "blvd", "boulevard", "rd", "road", "house"}

var buildingWords = []string{"к", "k", "корп", "корпус", "bldg", "building"}

var flatWords = []string{"кв", "квартира", "flat", "apt"}

func parseQuery(text string) addressQuery {
	var q addressQuery
	flat, building := false, false
	for _, word := range strings.FieldsFunc(fold(shortened(text)), func(r rune) bool { return r == ' ' || r == ',' || r == '.' || r == '\u00a0' }) {
		digit := word[0] >= '0' && word[0] <= '9'
		switch {
		case slices.Contains(flatWords, word):
			flat = true
		case slices.Contains(noise, word):
		case q.number != "" && slices.Contains(buildingWords, word):
			building = true
		case digit && building:
			q.number, building = q.number+"k"+word, false
		case digit && (flat || q.number != "") && q.flat == "" && len(q.words) > 0:
			q.flat = word
		case digit && len(q.words) > 0:
			q.number = latinNumber.Replace(word)
		default:
			q.words = append(q.words, word)
		}
	}
	return q
}

func shortened(text string) string {
	if len(text) > 300 {
		return text[:300]
	}
	return text
}

var foldLetters = strings.NewReplacer("ё", "е", "-", " ", "«", "", "»", "")

func fold(text string) string { return foldLetters.Replace(strings.ToLower(text)) }

// means tells whether each word begins a word of the street.
func (q addressQuery) means(s *streetEntry) bool {
	for _, word := range q.words {
		if !slices.ContainsFunc(s.words, func(own string) bool { return strings.HasPrefix(own, word) }) {
			return false
		}
	}
	return true
}

// names tells whether the words are the street's own, none missing of one of its names.
func (q addressQuery) names(s *streetEntry) bool {
	for _, title := range []string{s.street.Title.RU, s.street.Title.EN, s.street.Was.RU, s.street.Was.EN} {
		own := streetWords(title)
		if len(own) == len(q.words) && len(own) > 0 && !slices.ContainsFunc(q.words, func(word string) bool { return !slices.Contains(own, word) }) {
			return true
		}
	}
	return false
}

// distance orders suggestions: the exact house number first.
func (q addressQuery) distance(a Address) int {
	if _, number, _ := strings.Cut(a.ID, ":"); number == q.number {
		return 0
	}
	return 1
}

func streetWords(title string) []string {
	words := strings.FieldsFunc(fold(title), func(r rune) bool { return r == ' ' || r == '.' || r == ',' })
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(noise, word) })
}

// places checks the register and makes the address book.
func (c *checker) places() {
	districts := keysOf(c.city.Places.Districts, func(d *District) string { return d.Key })
	c.keys("places", "districts", "key", '-', districts)
	c.keys("places", "streets", "key", '-', keysOf(c.city.Places.Streets, func(s *Street) string { return s.Key }))
	c.book = &AddressBook{houses: map[string]house{}}
	for i := range c.city.Places.Streets {
		street := &c.city.Places.Streets[i]
		entry := streetEntry{street: street}
		for _, title := range []string{street.Title.RU, street.Title.EN, street.Was.RU, street.Was.EN} {
			entry.words = append(entry.words, streetWords(title)...)
		}
		for j := range street.Houses {
			path := "streets." + strconv.Itoa(i) + ".houses." + strconv.Itoa(j)
			c.reference("places", path+".district", "district", street.Houses[j].District, districts)
			entry.order = append(entry.order, c.houses(path, street, &street.Houses[j])...)
		}
		slices.SortStableFunc(entry.order, compareNumbers)
		c.book.streets = append(c.book.streets, entry)
	}
}

// houses adds the houses of a run and returns their numbers.
func (c *checker) houses(path string, street *Street, run *House) []string {
	for kind := range run.Zones {
		if !keyed(kind, '_') {
			c.tell("places", path+".zones."+kind, "bad_key", "key", kind, "joiner", "_")
		}
	}
	numbers, err := expandNumbers(run.Numbers)
	if err != nil || len(c.book.houses)+len(numbers) > maxHouses {
		c.tell("places", path+".numbers", "bad_houses", "value", run.Numbers)
		return nil
	}
	for _, number := range numbers {
		id := street.Key + ":" + number
		if _, taken := c.book.houses[id]; taken {
			c.tell("places", path+".numbers", "duplicate_key", "key", number, "first", street.Title.RU)
		}
		c.book.houses[id] = house{street, run, number}
	}
	return numbers
}

// expandNumbers reads a run: "1-31/2, 14, 14k2".
func expandNumbers(text string) ([]string, error) {
	var out []string
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		span, stepText, stepped := strings.Cut(part, "/")
		fromText, toText, ranged := strings.Cut(span, "-")
		if !ranged {
			if part == "" || part[0] < '1' || part[0] > '9' || strings.Trim(part, "0123456789kabvg") != "" {
				return nil, fmt.Errorf("service: house number %q", part)
			}
			out = append(out, part)
			continue
		}
		from, errFrom := strconv.Atoi(fromText)
		to, errTo := strconv.Atoi(toText)
		step := 1
		var errStep error
		if stepped {
			step, errStep = strconv.Atoi(stepText)
		}
		if errFrom != nil || errTo != nil || errStep != nil || from < 1 || to < from || to > 9999 || step < 1 {
			return nil, fmt.Errorf("service: house numbers %q", part)
		}
		for n := from; n <= to; n += step {
			out = append(out, strconv.Itoa(n))
		}
	}
	return out, nil
}

// compareNumbers orders house numbers as people do: by the number, then by what follows it.
func compareNumbers(a, b string) int {
	na, ra := leading(a)
	nb, rb := leading(b)
	if na != nb {
		return na - nb
	}
	return strings.Compare(ra, rb)
}

func leading(number string) (int, string) {
	end := strings.IndexFunc(number, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(number)
	}
	n, err := strconv.Atoi(number[:end])
	if err != nil {
		return 0, number
	}
	return n, number[end:]
}
