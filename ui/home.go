package ui

// HeroProps is the head of the home page: the question, the search, what people often ask, the city's picture.
type HeroProps struct {
	Title, Sub string
	Search     SearchBoxProps
	OftenLabel string
	Often      []Link
	Picture    Mosaic // empty: the house's
}

func (p HeroProps) picture() Mosaic {
	if p.Picture.Empty() {
		return mosaicOf(HeroMosaic)
	}
	return p.Picture
}

// TodayProps is the card that overlaps the hero: three things that are this person's today. A guest's card has one item,
// with sign-in as its action.
type TodayProps struct {
	Title string
	More  Link
	Items []TodayItem
}

// TodayItem is one thing and its one action.
type TodayItem struct {
	Icon   string
	Tone   Tone
	Name   string // what it is about: Счёт за квартиру
	Value  string // 6 482,17 ₽
	Note   string // до 10 декабря
	Action Link
}

// SectionProps is a band of the home page with its heading.
type SectionProps struct {
	ID    string
	Title string
	Note  string
	More  Link
	Tint  bool
}

// CityNowItem is the state of something in the city at this moment.
type CityNowItem struct {
	Icon              string
	Tone              Tone // Success, Warning, Fault, Info
	Name, Value, Note string
	Href              string
}

// HelpProps is where to turn when it does not work here.
type HelpProps struct {
	Title string
	Items []HelpItem
}

// HelpItem is one way to be helped.
type HelpItem struct {
	Icon, Title, Text string
	Action            Link
}
