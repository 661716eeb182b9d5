import { expect, it } from 'vitest';
import { checkHttpClients, restClient, resultFor } from '../../helpers/http-client.ts';
import { sendJson, startHttpFixture } from '../../helpers/http-fixture.ts';

checkHttpClients();

it('services with the same endpoint map share what was read of it, and nothing of where they are', async () => {
  const servers = await Promise.all(
    ['one', 'two'].map(() =>
      startHttpFixture((request, response) => sendJson(response, resultFor(request.body, { ok: true }))),
    ),
  );
  const clients = await Promise.all(
    servers.map((server, number) =>
      restClient(`${server.origin}/base-${number}?tenant=t${number}`, { headers: { 'x-own': `h${number}` } }),
    ),
  );
  for (let round = 0; round < 2; round++) {
    for (const { send } of clients) await send().result;
  }
  const seen = servers.map(({ requests }) => requests.map(({ path, headers }) => [path, headers['x-own']]));
  expect(seen).toEqual(
    [0, 1].map((number) =>
      Array.from({ length: 2 }, () => [`/base-${number}?tenant=t${number}`, `h${number}`]),
    ),
  );
});
