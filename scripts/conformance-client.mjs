// The client that the official conformance suite puts to the test: the built library, used the way an
// application uses it. The suite calls `node scripts/conformance-client.mjs URL` and judges what reaches its
// server; test/conformance/README.md says what each scenario looks at.
//
// MCP_CONFORMANCE_SCENARIO           what to do, one function each below
// MCP_CONFORMANCE_PROTOCOL_VERSION   the revision under test; the one in use must be of its era
// SIGNALBOX_CONFORMANCE_PROTOCOL     'auto' (default) finds the revision out, as it does for everybody;
//                                    'pin' goes straight for the revision under test
import { ClientFactory } from '../dist/index.js';

const MODERN = '2026-07-28';
/** Below the suite's own time-out, so that a client that hangs says so itself. */
const GIVE_UP_MS = 15_000;
const CALL_OPTIONS = { timeoutMs: 10_000 };

const SCENARIOS = {
  async initialize(client) {
    await client.listTools();
  },

  async tools_call(client) {
    const tools = await client.listTools();
    expect(
      tools.some((tool) => tool.name === 'add_numbers'),
      'add_numbers is not listed',
    );
    const result = await client.callTool('add_numbers', { a: 5, b: 3 }, CALL_OPTIONS);
    const text = result.content?.[0]?.text;
    expect(text === 'The sum of 5 and 3 is 8', `add_numbers answered ${JSON.stringify(result)}`);
  },

  // The server cuts the stream of the call; the answer waits on the stream that the client opens again.
  async 'sse-retry'(client) {
    await client.listTools();
    const result = await client.callTool('test_reconnection', {}, CALL_OPTIONS);
    const text = result.content?.[0]?.text;
    expect(
      text === 'Reconnection test completed successfully',
      `test_reconnection answered ${JSON.stringify(result)}`,
    );
  },

  // Everything happens on the wire of any request; the first one is refused with -32022.
  async 'request-metadata'(client) {
    await client.listTools();
  },

  async 'http-standard-headers'(client) {
    for (const tool of await client.listTools()) await client.callTool(tool.name, {}, CALL_OPTIONS);
    for (const resource of await client.listResources()) await client.readResource(resource.uri);
    for (const prompt of await client.listPrompts()) await client.getPrompt(prompt.name, {});
  },
};

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function protocolFor(revision) {
  const wish = process.env.SIGNALBOX_CONFORMANCE_PROTOCOL ?? 'auto';
  if (wish === 'auto') return 'auto';
  expect(wish === 'pin', `SIGNALBOX_CONFORMANCE_PROTOCOL must be 'auto' or 'pin', not '${wish}'`);
  return revision === MODERN ? MODERN : 'legacy';
}

async function main() {
  const url = process.argv.at(-1);
  const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
  const revision = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? MODERN;
  expect(URL.canParse(url), 'the last argument must be the URL of the server');
  expect(Object.hasOwn(SCENARIOS, scenario), `there is nothing to do for the scenario '${scenario}'`);

  const factory = new ClientFactory({ capabilities: { roots: {}, sampling: {}, elicitation: {} } });
  const client = factory.create('server', {
    type: 'http',
    url,
    'x-signalbox': { protocol: protocolFor(revision) },
  });
  try {
    await client.connect();
    process.stderr.write(`connected: ${client.era} era, revision ${client.protocolVersion}\n`);
    expect(
      (client.protocolVersion === MODERN) === (revision === MODERN),
      `revision ${revision} is under test, but ${client.protocolVersion} is in use`,
    );
    await SCENARIOS[scenario](client);
  } finally {
    await client.disconnect();
  }
}

const watchdog = setTimeout(() => {
  process.stderr.write(`gave up after ${GIVE_UP_MS} ms\n`);
  process.exit(1);
}, GIVE_UP_MS);
watchdog.unref();

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
