// Package payqr writes and reads the payment code of Russian bills, GOST R 56042-2014: the requisites of a transfer as
// text in a QR code, which every bank's app reads.
//
// The text is ST0001, a digit of the character set, a separator, and fields KEY=VALUE between separators: five that must be
// there, in their order, and others in any. Encode checks every value against the standard's limits before it is printed;
// Parse is lenient where real bills differ (letter case of keys, a separator at the end, keys that the standard does not
// know) and strict where money would go astray.
//
// It owns the format alone. It does not own what is owed (core/charge finds a charge by a code) or how a code is drawn
// (kit/seal).
package payqr
