import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Request {
  readonly messages: readonly { readonly content: string | readonly { readonly content: unknown }[] }[];
}

/** Wants one call to be made, and says what came of it. */
function answerTo({ messages }: Request): object {
  const { content } = messages.at(-1)!;
  const input = { value: 26.2, from: 'mi', to: 'km' };
  const said =
    typeof content === 'string'
      ? [{ type: 'tool_use', id: 'use-1', name: 'units__convert', input }]
      : content[0]!.content;
  return { type: 'message', role: 'assistant', content: said };
}

/** Stands for a model of a provider: a server on 127.0.0.1 that speaks as much of the API as is needed here. */
export async function scriptedModel(): Promise<{ baseURL: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(answerTo(body as Request)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}`,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
