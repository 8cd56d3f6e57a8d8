// Package money counts in whole minor units: kopecks, cents. It has no fractions and no floating point, and every
// operation that could leave the range or mix currencies returns an error instead of a wrong sum.
//
// It owns the Amount, the currencies it can be in, checked arithmetic, shares with a named rounding rule, splitting
// without a lost kopeck, the reading of what people type and the writing in each language. It does not own prices,
// charges or balances (core/pay does), and it keeps nothing: in SQL an amount is a BIGINT of minor units beside a
// currency. Its neighbour is kit/lang, which groups digits.
package money
