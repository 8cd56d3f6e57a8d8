package vault

import (
	"container/list"
	"sync"

	"posad.city/kit/id"
)

// cache keeps the keys of the holders that were last in use. It is safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	most  int
	order *list.List // of *Keys, the last used in front
	byID  map[id.ID]*list.Element
	drops uint64
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), byID: map[id.ID]*list.Element{}}
}

// find splits the holders into those whose keys are here and those whose are not, and tells at which drop it looked.
func (c *cache) find(holders []id.ID, found map[id.ID]*Keys) ([]id.ID, uint64) {
	var missing []id.ID
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range holders {
		if e, ok := c.byID[h]; ok {
			c.order.MoveToFront(e)
			found[h] = e.Value.(*Keys)
		} else {
			missing = append(missing, h)
		}
	}
	return missing, c.drops
}

// keep puts keys in unless something was dropped since they were looked for: they may be what was dropped. It tells
// whether it did.
func (c *cache) keep(keys []*Keys, asOf uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != asOf {
		return false
	}
	for _, k := range keys {
		if e, ok := c.byID[k.holder]; ok {
			e.Value = k
			c.order.MoveToFront(e)
			continue
		}
		c.byID[k.holder] = c.order.PushFront(k)
	}
	for len(c.byID) > c.most {
		last := c.order.Back()
		delete(c.byID, last.Value.(*Keys).holder)
		c.order.Remove(last)
	}
	return true
}

// drop takes a holder out, and the keys that are in somebody's hands stop opening.
func (c *cache) drop(holder id.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	if e, ok := c.byID[holder]; ok {
		e.Value.(*Keys).erased.Store(true)
		e.Value.(*Keys).gone.Store(true)
		delete(c.byID, holder)
		c.order.Remove(e)
	}
}

// refresh takes a holder out: what is in somebody's hands goes on opening, and the next find reads anew.
func (c *cache) refresh(holder id.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	if e, ok := c.byID[holder]; ok {
		delete(c.byID, holder)
		c.order.Remove(e)
	}
}

// clear takes everything out; what is in somebody's hands is as good as it was.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	c.order.Init()
	c.byID = map[id.ID]*list.Element{}
}
