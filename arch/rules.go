package arch

// Rule is one wall: a name for the fixture and the report, and what finds the faults.
type Rule struct {
	Name  string
	Check func(*Tree) []Fault
}

// Rules are all walls of the house.
func Rules() []Rule {
	return []Rule{
		{"floors", floors},
		{"core order", coreOrder},
		{"time", onlyClockTellsTime},
		{"init", noInit},
		{"named errors", noNamedErrors},
		{"package doc", packageDocs},
		{"file size", fileSize},
		{"function size", functionSize},
		{"unfinished", noUnfinished},
		{"private words", noPrivateWords},
		{"dependencies", dependencies},
		{"sql text", sqlOnlyInStores},
		{"sql queries", queriesAreGenerated},
		{"sql rules", sqlIsOfTheHouse},
		{"hand queries", handQueries},
		{"used queries", queriesAreUsed},
		{"generated", generatedIsCurrent},
	}
}
