// The echo server over HTTP, on bare sockets: `/json` answers with JSON, `/sse` with one event, `/events` is the older
// HTTP+SSE (messages by POST to `/messages/<n>`). It says its port to whoever started it.
import { createServer } from 'node:net';
import { answerTo } from './echo-answer.mjs';

const HEAD_END = Buffer.from('\r\n\r\n');
const EVENT_HEAD = 'event: message\ndata: ';
const ACCEPTED = 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n';
const NOT_ALLOWED = 'HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n';

/** The streams of HTTP+SSE, by their number. @type {Map<string, import('node:net').Socket>} */
const streams = new Map();
let lastStream = 0;

function respond(socket, kind, body) {
  const answer = answerTo(body, true);
  if (answer === undefined) {
    socket.write(ACCEPTED);
    return;
  }
  const isStream = kind === 'sse';
  const type = isStream ? 'text/event-stream' : 'application/json';
  const length = answer.length + (isStream ? EVENT_HEAD.length + 2 : 0);
  socket.cork();
  socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`, 'latin1');
  if (isStream) socket.write(EVENT_HEAD, 'latin1');
  socket.write(answer);
  if (isStream) socket.write('\n\n', 'latin1');
  socket.uncork();
}

function event(name, data) {
  return Buffer.concat([Buffer.from(`event: ${name}\ndata: `), data, Buffer.from('\n\n')]);
}

function chunked(data) {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

function openStream(socket) {
  const number = String(++lastStream);
  streams.set(number, socket);
  socket.on('close', () => streams.delete(number));
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');
  socket.write(chunked(event('endpoint', Buffer.from(`/messages/${number}`))));
}

function handle(socket, method, path, body) {
  if (method === 'GET' && path === '/events') openStream(socket);
  else if (method !== 'POST') socket.write(NOT_ALLOWED);
  else if (path.startsWith('/messages/')) {
    socket.write(ACCEPTED);
    const answer = answerTo(body, false);
    if (answer !== undefined)
      streams.get(path.slice('/messages/'.length))?.write(chunked(event('message', answer)));
  } else respond(socket, path === '/sse' ? 'sse' : 'json', body);
}

const server = createServer({ noDelay: true }, (socket) => {
  /** @type {Buffer[]} */
  let chunks = [];
  let bytes = 0;
  /** How many bytes must be there before looking again makes sense. */
  let needed = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes < needed) return;
    let all = chunks.length === 1 ? chunk : Buffer.concat(chunks, bytes);
    needed = 0;
    while (all.length > 0) {
      const headEnd = all.indexOf(HEAD_END);
      if (headEnd === -1) break;
      const head = all.latin1Slice(0, headEnd);
      const length = Number(/content-length: *(\d+)/iu.exec(head)?.[1] ?? 0);
      const end = headEnd + 4 + length;
      if (all.length < end) {
        needed = end;
        break;
      }
      const [method, path] = head.slice(0, head.indexOf('\r\n')).split(' ');
      handle(socket, method, path, all.subarray(headEnd + 4, end));
      all = all.subarray(end);
    }
    chunks = all.length === 0 ? [] : [all];
    bytes = all.length;
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
