package bank

import "time"

// moscow is the zone of the bank's days.
var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

// Payout is a message of payment orders.
type Payout struct {
	ID string `json:"id"` // of the message
}
