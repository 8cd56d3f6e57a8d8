package studio

import "sync"

// What a node keeps in memory: folders and checked cities of the latest trees. Both are named by their content and never
// stale.
const (
	foldersKept = 6
	checksKept  = 6
)

// cache keeps the latest values, the longest unused forgotten first. It is safe for concurrent use.
type cache[K comparable, V any] struct {
	mutex *sync.Mutex
	most  int
	kept  map[K]V
	order *[]K
}

func newCache[K comparable, V any](most int) cache[K, V] {
	return cache[K, V]{mutex: new(sync.Mutex), most: most, kept: map[K]V{}, order: new([]K)}
}

func (c cache[K, V]) get(key K) (V, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	value, ok := c.kept[key]
	if ok {
		c.touch(key)
	}
	return value, ok
}

func (c cache[K, V]) put(key K, value V) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.kept[key] = value
	c.touch(key)
	if len(*c.order) > c.most {
		delete(c.kept, (*c.order)[0])
		*c.order = (*c.order)[1:]
	}
}

func (c cache[K, V]) touch(key K) {
	kept := (*c.order)[:0:0]
	for _, other := range *c.order {
		if other != key {
			kept = append(kept, other)
		}
	}
	*c.order = append(kept, key)
}
