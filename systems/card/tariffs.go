package card

import "posad.city/kit/lang"

// tariffs are the tickets of Kitezh.
var tariffs = []Tariff{
	{Key: "90min", Title: lang.Text{RU: "90 минут с пересадками", EN: "90 minutes with changes"}, Price: 8_000, Days: 5, Trips: 1},
	{Key: "day", Title: lang.Text{RU: "Сутки", EN: "One day"}, Price: 28_500, Days: 1},
	{Key: "month", Title: lang.Text{RU: "30 дней", EN: "30 days"}, Price: 273_000, Days: 30},
	{Key: "trips60", Title: lang.Text{RU: "60 поездок", EN: "60 trips"}, Price: 245_000, Days: 45, Trips: 60},
}

// tariff finds a ticket on sale.
func (m *Module) tariff(key string) (Tariff, bool) {
	for _, t := range m.deps.Tariffs() {
		if t.Key == key {
			return t, true
		}
	}
	return Tariff{}, false
}

// FloatTitle is what the payee of top-ups is called.
func FloatTitle() lang.Text {
	return lang.Text{RU: "Транспортная карта", EN: "Transport card"}
}
