package talk

import (
	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// ReadDay is readDay with the bounds of a question as definitions write them.
func ReadDay(text string, today calendar.Date, least, most string, whole bool) (calendar.Date, bool) {
	return readDay(text, today, spanOf(&service.Field{Min: least, Max: most}, today), whole)
}
