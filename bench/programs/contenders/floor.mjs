// The floor: the least that a program must do to have an answer. A raw pipe with a map of waiting calls, one write for
// each; undici's `Pool.request` with the body read as text. No deadlines, no checks, no errors.
import { spawn } from 'node:child_process';
import { Pool } from 'undici';

/** As many as Signalbox allows by default. */
const CONNECTIONS = 256;

const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

let lastId = 0;

function message(id, name, args) {
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
}

function lengthOf(answer) {
  return answer.result.content[0].text.length;
}

export async function open(_contender, wire, target) {
  const { call, close } = await OPENERS[wire](target);
  return { echo: (text) => call('echo', { text }), produce: (bytes) => call('produce', { bytes }), close };
}

function openStdio({ command, args }) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  let held = [];
  child.stdout.on('data', (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      const part = chunk.subarray(start, end);
      const answer = JSON.parse((held.length === 0 ? part : Buffer.concat([...held, part])).toString('utf8'));
      held = [];
      start = end + 1;
      waiting.get(answer.id)(lengthOf(answer));
      waiting.delete(answer.id);
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  });
  const call = (name, args) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      child.stdin.write(`${message(id, name, args)}\n`);
    });
  const close = () =>
    new Promise((resolve) => {
      child.once('exit', resolve);
      child.stdin.end();
    });
  return { call, close };
}

function poolOf(url) {
  const { origin, pathname } = new URL(url);
  return { pool: new Pool(origin, { connections: CONNECTIONS }), path: pathname };
}

function post(pool, path, body) {
  return pool.request({ method: 'POST', path, headers: HEADERS, body });
}

function openJson({ url }) {
  const { pool, path } = poolOf(url);
  const call = async (name, args) => {
    const { body } = await post(pool, path, message(++lastId, name, args));
    return lengthOf(JSON.parse(await body.text()));
  };
  return { call, close: () => pool.close() };
}

function openSse({ url }) {
  const { pool, path } = poolOf(url);
  const call = async (name, args) => {
    const { body } = await post(pool, path, message(++lastId, name, args));
    const text = await body.text();
    const start = text.indexOf('data: ') + 6;
    return lengthOf(JSON.parse(text.slice(start, text.indexOf('\n', start))));
  };
  return { call, close: () => pool.close() };
}

async function openEvents({ url }) {
  const { pool, path } = poolOf(url);
  const { body } = await pool.request({
    method: 'GET',
    path,
    headers: { accept: 'text/event-stream' },
    bodyTimeout: 0,
  });
  const waiting = new Map();
  let endpoint = '';
  let begun = () => {};
  const ready = new Promise((resolve) => {
    begun = resolve;
  });
  const onEvent = (event) => {
    const data = event.slice(event.indexOf('data: ') + 6);
    if (event.startsWith('event: endpoint')) {
      endpoint = data;
      begun();
      return;
    }
    const answer = JSON.parse(data);
    waiting.get(answer.id)(lengthOf(answer));
    waiting.delete(answer.id);
  };
  let held = [];
  body.on('error', () => {});
  body.on('data', (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf('\n\n'); end !== -1; end = chunk.indexOf('\n\n', start)) {
      const part = chunk.subarray(start, end);
      onEvent((held.length === 0 ? part : Buffer.concat([...held, part])).toString('utf8'));
      held = [];
      start = end + 2;
    }
    if (start < chunk.length) held.push(chunk.subarray(start));
  });
  await ready;
  const call = (name, args) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      post(pool, endpoint, message(id, name, args)).then((response) => response.body.dump(), reject);
    });
  const close = async () => {
    body.destroy();
    await pool.destroy();
  };
  return { call, close };
}

const OPENERS = { stdio: openStdio, json: openJson, sse: openSse, events: openEvents };
