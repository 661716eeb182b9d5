import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

const wanted = { name: 'units__convert', arguments: '{"value":26.2,"from":"mi","to":"km"}' };

interface Request {
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
  readonly input?: readonly { readonly type?: string; readonly output?: string }[];
}

/** An answer of Chat Completions: wants one call to be made, and says what came of it. */
function completion(messages: NonNullable<Request['messages']>): object {
  const { role, content } = messages.at(-1)!;
  const call = { id: 'call-1', type: 'function', function: wanted };
  const message = role === 'tool' ? { content } : { content: null, tool_calls: [call] };
  const finish_reason = role === 'tool' ? 'stop' : 'tool_calls';
  return { choices: [{ index: 0, finish_reason, message: { role: 'assistant', ...message } }] };
}

/** The same of the Responses API. */
function response(input: NonNullable<Request['input']>): object {
  const { type, output: text } = input.at(-1)!;
  const content = [{ type: 'output_text', text, annotations: [] }];
  const isDone = type === 'function_call_output';
  const item = isDone
    ? { type: 'message', id: 'message-1', role: 'assistant', content }
    : { type: 'function_call', call_id: 'call-1', ...wanted };
  return { object: 'response', output: [item] };
}

/** Stands for a model of a provider: a server on 127.0.0.1 that speaks as much of the API as is needed here. */
export async function scriptedModel(): Promise<{ baseURL: string; close(): Promise<void> }> {
  const server = createServer((request, answer) => {
    void json(request).then((body) => {
      const { messages, input } = body as Request;
      answer.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      answer.end(JSON.stringify(messages === undefined ? response(input ?? []) : completion(messages)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
