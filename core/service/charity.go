package service

// Charity is charity.yaml: who verifies charity funds here, and what appeals may be about. A city without the file has no
// charity service.
type Charity struct {
	Agency     string            `json:"agency" need:"1" about:"Key of the agency whose officials verify funds, appeals and payouts"`
	Categories []CharityCategory `json:"categories" need:"1" about:"What appeals may be about, in the order of the page"`
}

// CharityCategory is one of them.
type CharityCategory struct {
	Key   string `json:"key" need:"1" about:"Short name for ever"`
	Title Text   `json:"title" need:"1" about:"Name"`
	Icon  string `json:"icon" need:"1" about:"Icon's name"`
	Tone  string `json:"tone" need:"1" one:"ice|mint|apricot|sand|lilac|rose" about:"Colour"`
}

// charity checks charity.yaml.
func (c *checker) charity() {
	if c.city.Charity == nil {
		return
	}
	c.reference("charity", "agency", "agency", c.city.Charity.Agency, keysOf(c.city.Agencies, func(a *Agency) string { return a.Key }))
	c.keys("charity", "categories", "key", '-', keysOf(c.city.Charity.Categories, func(k *CharityCategory) string { return k.Key }))
}
