// What the echo server of the benchmark says: one program for all contenders, byte level, so that the client dominates.

const TEXT = Buffer.from('"text":"');
const ID = /"id":("[^"]*"|\d+)/u;
const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';
const INFO = { name: 'echo', version: '1.0.0' };
const CAPABILITIES = { tools: {} };
const MODERN_META = { 'io.modelcontextprotocol/serverInfo': INFO };
const TOOLS = [
  { name: 'echo', inputSchema: { type: 'object', properties: { text: { type: 'string' } } } },
  { name: 'produce', inputSchema: { type: 'object', properties: { bytes: { type: 'number' } } } },
];

/** @type {Map<number, string>} */
const produced = new Map();

/**
 * The answer to one message, as the bytes of one line without its line break; undefined if none is due. The text to be
 * echoed must need no escapes: it is copied as bytes and never looked at.
 *
 * @param {Buffer} message
 * @param {boolean} knowsModern false: only the revisions with `initialize`
 * @returns {Buffer | undefined}
 */
export function answerTo(message, knowsModern) {
  const at = message.indexOf(TEXT);
  if (at === -1) return plainAnswer(message.toString('utf8'), knowsModern);
  const start = at + TEXT.length;
  const end = message.indexOf(0x22, start);
  // Some clients write the id first, others last.
  const id = (ID.exec(message.latin1Slice(0, at)) ?? ID.exec(message.latin1Slice(end)))[1];
  const head = `{"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"`;
  const tail = '"}],"resultType":"complete"}}';
  const answer = Buffer.allocUnsafe(head.length + end - start + tail.length);
  answer.latin1Write(head, 0);
  message.copy(answer, head.length, start, end);
  answer.latin1Write(tail, head.length + end - start);
  return answer;
}

function plainAnswer(text, knowsModern) {
  const { id, method, params } = JSON.parse(text);
  if (id === undefined || method === undefined) return undefined;
  const result = resultOf(method, params, knowsModern);
  const body = result === undefined ? { error: { code: -32601, message: 'Method not found' } } : { result };
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
}

function resultOf(method, params, knowsModern) {
  const cached = { resultType: 'complete', ttlMs: 0, cacheScope: 'private', _meta: MODERN_META };
  switch (method) {
    case 'initialize':
      return { protocolVersion: LEGACY, capabilities: CAPABILITIES, serverInfo: INFO };
    case 'ping':
      return {};
    case 'server/discover':
      return knowsModern ? { supportedVersions: [MODERN], capabilities: CAPABILITIES, ...cached } : undefined;
    case 'tools/list':
      return { tools: TOOLS, ...cached };
    case 'tools/call':
      return {
        content: [{ type: 'text', text: producedText(params.arguments.bytes) }],
        resultType: 'complete',
      };
    default:
      return undefined;
  }
}

function producedText(bytes) {
  let text = produced.get(bytes);
  if (text === undefined) {
    text = 'x'.repeat(bytes);
    produced.set(bytes, text);
  }
  return text;
}
