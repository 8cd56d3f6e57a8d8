// Waiting for a state, never for a while.

// until asks again and again, and returns the first answer that is something. It gives up after a bound, with the last
// error if there was one.
export async function until(what, ask, { within = 20_000, every = 100 } = {}) {
  const end = Date.now() + within;
  let last;
  for (;;) {
    try {
      const got = await ask();
      if (got) return got;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${within / 1000} s`, { cause: last });
    await new Promise((done) => setTimeout(done, every));
  }
}
