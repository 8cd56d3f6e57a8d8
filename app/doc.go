// Package app is the composition root: it reads the configuration, opens the ground, lists the modules by hand, and runs
// the servers until it is told to stop. It holds no rules of the city.
//
// Read it in this order: config.go (what an operator decides), modules.go (the list), house.go (the life cycle), serve.go
// and demo.go (the two ways to run it).
package app
