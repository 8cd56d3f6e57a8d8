package apply

import (
	"net/http"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// addressesMost is how many addresses are suggested at once.
const addressesMost = 8

// suggested are addresses that a text may mean.
func (m *Module) suggested(c *web.Context, text string) ([]service.Address, error) {
	if err := c.May(act.Object{Public: true}); err != nil {
		return nil, err
	}
	city, err := m.deps.Services.City()
	if err != nil {
		return nil, err
	}
	return city.Addresses().Suggest(text, addressesMost), nil
}

// addressOptions answers the list under an address while it is typed: field names the control that holds the text.
func (m *Module) addressOptions(c *web.Context) error {
	list, err := m.suggested(c, c.Query(c.Query("field")))
	if err != nil {
		return err
	}
	out := make([]string, 0, len(list))
	for _, a := range list {
		out = append(out, addressText(c.Lang(), a))
	}
	return c.Fragment(optionList(out))
}

// addressText is an address as people write it; the register finds it again by these words in either language.
func addressText(l lang.Language, a service.Address) string {
	if l == lang.English {
		return a.TextEN
	}
	return a.Text
}

type wireAddress struct {
	ID       string            `json:"id" doc:"House in the city's register, as answers name it"`
	Flat     string            `json:"flat,omitempty"`
	Text     string            `json:"text"`
	Flats    int               `json:"flats" doc:"How many flats the house has; 0: a private house"`
	District string            `json:"district"`
	Zones    map[string]string `json:"zones,omitempty"`
}

func (m *Module) apiAddresses(c *web.Context) error {
	list, err := m.suggested(c, c.Query("q"))
	if err != nil {
		return err
	}
	city, err := m.deps.Services.City()
	if err != nil {
		return err
	}
	out := make([]wireAddress, 0, len(list))
	for _, a := range list {
		_, flats, _ := city.Addresses().House(a.ID)
		out = append(out, wireAddress{ID: a.ID, Flat: a.Flat, Text: addressText(c.Lang(), a), Flats: flats, District: a.District, Zones: a.Zones})
	}
	return c.JSON(http.StatusOK, out)
}
