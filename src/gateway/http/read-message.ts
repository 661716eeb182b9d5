import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { JSON_RPC_ERROR, type JsonRpcErrorObject } from '../../wire/json-rpc.ts';
import { ownError } from '../answers/rpc-error.ts';

/** What a POST brought: a JSON value, or why there is none. */
export type ReadMessage =
  | { readonly kind: 'message'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly error: JsonRpcErrorObject }
  /** The client went away in the middle. */
  | { readonly kind: 'gone' };

/** Reads the body of a POST within its bounds (F-130). Never rejects. */
export async function readMessage(request: IncomingMessage, maxBytes: number): Promise<ReadMessage> {
  const { headers } = request;
  if (!/^application\/json\s*(?:;|$)/iu.test(headers['content-type'] ?? '')) {
    return refused(415, ownError('BAD_MESSAGE', 'content-type must be application/json'));
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return refused(415, ownError('BAD_MESSAGE', 'bodies must not be compressed'));
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge(maxBytes);
  const body = await readBody(request, maxBytes);
  if (body === 'gone') return { kind: 'gone' };
  if (body === 'too-large') return tooLarge(maxBytes);
  if (!isUtf8(body)) return unreadable('the body is not valid UTF-8');
  try {
    return { kind: 'message', value: JSON.parse(body.toString('utf8')) as unknown };
  } catch {
    return unreadable('the body is not valid JSON');
  }
}

function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | 'gone'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
      } else {
        // What follows is read and thrown away: a connection that is cut now would take the answer with it.
        chunks.length = 0;
        resolve('too-large');
      }
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once('close', () => resolve('gone'));
    request.once('error', () => resolve('gone'));
  });
}

function refused(status: number, error: JsonRpcErrorObject): ReadMessage {
  return { kind: 'refused', status, error };
}

function tooLarge(maxBytes: number): ReadMessage {
  return refused(413, ownError('BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`));
}

function unreadable(message: string): ReadMessage {
  return refused(400, { code: JSON_RPC_ERROR.parseError, message });
}
