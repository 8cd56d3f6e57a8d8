package service

// Term is a number of days. In a definition it is written "6 working days" or "30 calendar days".
type Term struct {
	Days    int
	Working bool
}

// Money is an amount of roubles in minor units. In a definition it is written "3000.00 RUB".
type Money int64
