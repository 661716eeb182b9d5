// The client that the official conformance suite puts to the test: the built library, used the way an
// application uses it. The suite calls `node scripts/conformance-client.mjs URL` and judges what reaches its
// server; test/conformance/README.md says what each scenario looks at.
//
// MCP_CONFORMANCE_SCENARIO           what to do, one function each below
// MCP_CONFORMANCE_PROTOCOL_VERSION   the revision under test; the one in use must be of its era
// MCP_CONFORMANCE_CONTEXT            what a scenario hands over, as JSON: the calls to make, credentials
// SIGNALBOX_CONFORMANCE_PROTOCOL     'auto' (default) finds the revision out, as it does for everybody;
//                                    'pin' goes straight for the revision under test; 'legacy' never asks for
//                                    more than the legacy era and checks nothing itself: a control of the suite
import { ClientFactory } from '../dist/index.js';

const MODERN = '2026-07-28';
/** Below the suite's own time-out, so that a client that hangs says so itself. */
const GIVE_UP_MS = 15_000;
const CALL_OPTIONS = { timeoutMs: 10_000 };

/** What this client gives when a server asks: the same in every scenario, whichever way the era asks. */
const INPUT = {
  // A person who accepts what is proposed: missing values become the defaults of the form.
  elicitForm: ({ requestedSchema }) => {
    const confirmations = Object.entries(requestedSchema.properties ?? {}).filter(
      ([, property]) => property.type === 'boolean' && property.default === undefined,
    );
    return { action: 'accept', content: Object.fromEntries(confirmations.map(([name]) => [name, true])) };
  },
  createMessage: () => ({
    role: 'assistant',
    content: { type: 'text', text: 'a model would answer here' },
    model: 'none',
    stopReason: 'endTurn',
  }),
  listRoots: () => [{ uri: 'file:///workspace', name: 'workspace' }],
};

const SCENARIOS = {
  async initialize(client) {
    await client.listTools();
  },

  async tools_call(client) {
    const tools = await client.listTools();
    expect(named(tools, 'add_numbers') !== undefined, 'add_numbers is not listed');
    const result = await call(client, 'add_numbers', { a: 5, b: 3 });
    expectText(result, 'The sum of 5 and 3 is 8');
  },

  // The answer to the form is accepted as it is: our library fills the defaults in.
  async 'elicitation-sep1034-client-defaults'(client) {
    await client.listTools();
    const { content } = await call(client, 'test_client_elicitation_defaults');
    expect(
      content?.[0]?.text?.startsWith('Elicitation completed') === true,
      `the tool answered ${JSON.stringify(content)}`,
    );
  },

  // The server cuts the stream of the call; the answer waits on the stream that the client opens again.
  async 'sse-retry'(client) {
    await client.listTools();
    const result = await call(client, 'test_reconnection');
    expectText(result, 'Reconnection test completed successfully');
  },

  // Everything happens on the wire of any request; the first one is refused with -32022.
  async 'request-metadata'(client) {
    await client.listTools();
  },

  async 'http-standard-headers'(client) {
    for (const tool of await client.listTools()) await call(client, tool.name);
    for (const resource of await client.listResources()) await client.readResource(resource.uri);
    for (const prompt of await client.listPrompts()) await client.getPrompt(prompt.name, {});
  },

  // The calls to make come with the scenario.
  async 'http-custom-headers'(client, { toolCalls }) {
    expect(Array.isArray(toolCalls) && toolCalls.length > 0, 'the context names no tool calls');
    await client.listTools();
    for (const { name, arguments: args } of toolCalls) await call(client, name, args);
  },

  // Of a dozen tools one is valid; whatever is offered is called.
  async 'http-invalid-tool-headers'(client) {
    const tools = await client.listTools();
    expect(named(tools, 'valid_tool') !== undefined, 'valid_tool is not offered');
    for (const tool of tools) {
      const names = Object.keys(tool.inputSchema?.properties ?? {});
      await call(client, tool.name, Object.fromEntries(names.map((name) => [name, 'eu'])));
    }
  },

  // While a person answers for one call, another call goes out: nothing of the one may show in the other.
  async 'sep-2322-client-request-state'(client) {
    await client.listTools();
    client.onInputRequest({
      ...INPUT,
      elicitForm: async (request) => {
        expectText(await call(client, 'test_mrtr_unrelated'), 'unrelated-ok');
        return INPUT.elicitForm(request);
      },
    });
    expectText(await call(client, 'test_mrtr_echo_state'), 'echo-state-ok');
    expectText(await call(client, 'test_mrtr_no_state'), 'no-state-ok');
    expectText(await call(client, 'test_mrtr_unrelated'), 'unrelated-ok');
    expectText(await call(client, 'test_mrtr_no_result_type'), 'no-result-type-test-ok');
  },

  async 'json-schema-ref-no-deref'(client) {
    const [tool] = await client.listTools();
    expect(tool?.inputSchema?.properties?.profile?.$ref !== undefined, 'the reference is gone');
  },

  // The schema as it was listed goes back to the server, which compares.
  async 'json-schema-2020-12-preservation'(client) {
    const tool = named(await client.listTools(), 'json_schema_2020_12_tool');
    await call(client, 'json_schema_echo', { schema: tool?.inputSchema });
  },
};

/** Every scenario of authorization wants the same once access is granted. */
async function authorized(client) {
  await client.listTools();
  await call(client, 'test-tool');
}

/** A browser without a person: it opens the page and follows where it is sent, up to our callback. */
const BROWSER = {
  async authorize({ url, redirectUri }, signal) {
    let next = url;
    for (let hop = 0; hop < 5; hop++) {
      const response = await fetch(next, { redirect: 'manual', signal });
      await response.arrayBuffer();
      const location = response.headers.get('location');
      if (location === null) return;
      next = new URL(location, next);
      if (next.href.startsWith(redirectUri)) {
        await (await fetch(next, { signal })).arrayBuffer();
        return;
      }
    }
  },
};

/** A document of this address describes the client; the suite knows it. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';

/** What the entry says about authorization, where the scenario brings credentials along. */
function authOf(scenario, context) {
  const secret = { clientId: context.client_id, clientSecret: context.client_secret };
  switch (scenario) {
    case 'auth/pre-registration':
      return { type: 'oauth', ...secret };
    case 'auth/client-credentials-basic':
      return { type: 'oauth', grant: 'client-credentials', ...secret };
    case 'auth/client-credentials-jwt':
      return {
        type: 'oauth',
        grant: 'client-credentials',
        clientId: context.client_id,
        privateKey: context.private_key_pem,
        algorithm: context.signing_algorithm,
      };
    case 'auth/enterprise-managed-authorization':
      return {
        type: 'oauth',
        grant: 'enterprise',
        ...secret,
        idp: {
          issuer: context.idp_issuer,
          tokenEndpoint: context.idp_token_endpoint,
          clientId: context.idp_client_id,
          idToken: context.idp_id_token,
        },
      };
    case 'auth/wif-jwt-bearer':
      return { type: 'oauth', grant: 'jwt-bearer', assertion: context.valid_jwt };
    case 'auth/dpop':
    case 'auth/dpop-nonce':
      return { type: 'oauth', dpop: true };
    default:
      return undefined;
  }
}

/** Connects; where the server wants authorization first, that is got. */
async function connectAuthorized(client) {
  try {
    await client.connect();
  } catch (error) {
    if (error.code !== 'AUTH_REQUIRED') throw error;
    process.stderr.write(`${error.message}\n`);
    await client.authorize();
    await client.connect();
  }
}

const call = (client, name, args = {}) => client.callTool(name, args, CALL_OPTIONS);
const named = (items, name) => items.find((item) => item.name === name);

function expectText(result, text) {
  expect(result.content?.[0]?.text === text, `the tool answered ${JSON.stringify(result)}`);
}

const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function protocolFor(revision) {
  const wish = process.env.SIGNALBOX_CONFORMANCE_PROTOCOL ?? 'auto';
  if (wish === 'auto' || wish === 'legacy') return wish;
  expect(wish === 'pin', `SIGNALBOX_CONFORMANCE_PROTOCOL must be 'auto', 'pin' or 'legacy', not '${wish}'`);
  return revision === MODERN ? MODERN : 'legacy';
}

async function main() {
  const url = process.argv.at(-1);
  const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
  const revision = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION ?? MODERN;
  expect(URL.canParse(url), 'the last argument must be the URL of the server');
  const run = scenario.startsWith('auth/') ? authorized : own(SCENARIOS, scenario);
  expect(run !== undefined, `there is nothing to do for the scenario '${scenario}'`);
  const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

  const protocol = protocolFor(revision);
  const factory = new ClientFactory({
    authorization: { handler: BROWSER, clientMetadataUrl: CLIENT_METADATA_URL },
    ...(process.env.SIGNALBOX_CONFORMANCE_LOG ? { logger: console } : {}),
  });
  const auth = authOf(scenario, context);
  const settings = { protocol, ...(auth === undefined ? {} : { auth }) };
  const client = factory.create('server', { type: 'http', url, 'x-signalbox': settings });
  client.onInputRequest(INPUT);
  try {
    await connectAuthorized(client);
    process.stderr.write(`connected: ${client.era} era, revision ${client.protocolVersion}\n`);
    expect(
      protocol === 'legacy' || (client.protocolVersion === MODERN) === (revision === MODERN),
      `revision ${revision} is under test, but ${client.protocolVersion} is in use`,
    );
    await run(client, context);
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
