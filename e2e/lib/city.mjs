// Runs a demo city of its own for a test: a fresh folder, free ports, and it ends with the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const posad = join(root, 'bin/posad');

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
    server.on('error', fail);
  });
}

// start runs posad demo and waits for its line "ready". database: a postgres:// address, or empty for the embedded engine.
export async function start({ database = '' } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'posad-e2e-'));
  const port = await freePort();
  const args = ['demo', '--data', data, '--listen', `127.0.0.1:${port}`];
  if (database) args.push('--database', database);
  const child = spawn(posad, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stderr.on('data', (chunk) => { err += chunk; });
  const outside = {};
  await new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`the demo was not ready within 60 s:\n${out}\n${err}`)), 60_000);
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (/^ready http/m.test(out)) { clearTimeout(timer); done(); }
    });
    child.on('exit', (code) => { clearTimeout(timer); fail(new Error(`the demo ended with ${code}:\n${out}\n${err}`)); });
  });
  for (const [, name, address] of out.matchAll(/^\s*(mail|bank|agencies)\s.*?(http:\/\/\S+)/gm)) outside[name] = address;
  return {
    address: `http://127.0.0.1:${port}`,
    data,
    outside,
    said: () => out,
    log: () => err,
    // publish a folder's worth of definitions is done by writing into data/city
    folder: join(data, 'city'),
    moveClock: (seconds) => admin(join(data, 'admin.sock'), '/clock', { seconds }),
    stop: () => new Promise((done) => {
      child.removeAllListeners('exit');
      child.on('exit', (code) => { rmSync(data, { recursive: true, force: true }); done(code); });
      child.kill('SIGTERM');
    }),
  };
}

function admin(socketPath, path, body) {
  return new Promise((done, fail) => {
    const r = request({ socketPath, path, method: 'POST', headers: { 'Content-Type': 'application/json' } }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => { text += chunk; });
      answer.on('end', () => (answer.statusCode === 200 ? done(text) : fail(new Error(text))));
    });
    r.on('error', fail);
    r.end(JSON.stringify(body));
  });
}
