import type { Level, Requirement, RequirementWire } from './requirement.ts';

// Every sentence of the specification that asks something of a client beside authorization, by the digest of the
// specification (chapters 2, 3 and 3b). A test cites an id at the beginning of its title; gate.test.ts fails on a
// requirement that no test cites and on an id that does not stand here.
//
// One a line: id | level | era | transports | source | text | why no test cites it ("not ours: …", "later: …").
const TABLE = `
# stdio, 2026-07-28
S26-1 | MUST | modern | stdio | 26/basic/transports/stdio.mdx Messages | Messages are JSON-RPC in UTF-8, one a line, without embedded line breaks.
S26-2 | MUST | modern | stdio | 26/basic/transports/stdio.mdx intro | Nothing goes to stdin that is no valid MCP message.
S26-3 | MUST | modern | stdio | 26/basic/transports/stdio.mdx Sending Messages | The client writes no JSON-RPC responses.
S26-4 | SHOULD | both | stdio | 26/basic/transports/stdio.mdx intro | Output on stderr is not taken for an error.
S26-5 | MUST | modern | stdio | 26/basic/transports/stdio.mdx Receiving Messages | Notifications of a subscription are told apart by subscriptionId.
S26-6 | MUST | modern | stdio | 26/basic/transports/stdio.mdx Request Metadata | All metadata travels inside the body, in _meta.
S26-7 | MUST | modern | stdio | 26/basic/transports/stdio.mdx Cancellation | A request in flight is cancelled by notifications/cancelled with its id.
S26-8 | SHOULD | modern | stdio | 26/basic/transports/stdio.mdx Shutdown | Shutdown: close stdin, wait, then SIGTERM and SIGKILL.
S26-9 | SHOULD | modern | stdio | 26/basic/transports/stdio.mdx Unexpected Termination | A process that ends unexpectedly is started again; requests in flight are lost.
S26-10 | MUST | modern | stdio http | 26/basic/patterns/subscriptions.mdx Cancellation | After the connection was established again, subscriptions/listen is sent again.
S26-11 | SHOULD | both | stdio | 26/basic/transports/stdio.mdx Backward Compatibility | server/discover probes a server before any other request.
S26-11b | MUST | both | stdio | 26/basic/transports/stdio.mdx Backward Compatibility | The fallback to initialize is not keyed to one error code: any other error or silence means legacy.
S26-12 | SHOULD | modern | stdio | 26/basic/index.mdx Statelessness | No single task or conversation bounds the life of the process.
S26-13 | SHOULD | both | stdio | 26/basic/index.mdx Authorization | Credentials of stdio servers come from the environment, not from the authorization specification.
CUS-1 | MUST | modern | stdio http | 26/basic/transports/index.mdx Custom Transports | A custom transport carries the same messages, patterns and per-request metadata.
CUS-2 | SHOULD | modern | stdio http | 26/basic/transports/index.mdx Custom Transports | A custom byte stream reuses the framing of stdio. | not ours: the built-in transports are no custom byte streams; whoever registers one chooses its framing

# Streamable HTTP, 2026-07-28
H26-1 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Sending Messages 1 | Every message of the client is a POST of its own to the endpoint.
H26-2 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Sending Messages 2 | Accept lists application/json and text/event-stream.
H26-3 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Sending Messages 3 | Each POST carries the headers of request metadata.
H26-4 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Sending Messages 4 | The body is one request or notification: no array, no response.
H26-5 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Sending Messages 6 | Answers are read as JSON and as event streams.
H26-6 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Protocol Version Header | MCP-Protocol-Version is on every POST and equals the version in _meta.
H26-7 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Standard Request Headers | Mcp-Method is on every request; Mcp-Name on tools/call, prompts/get and resources/read.
H26-8 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Value Encoding | A name that no header can hold is encoded in base64 between sentinels.
H26-9 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Custom Headers | Annotated arguments are mirrored into Mcp-Param headers on tools/call.
H26-10 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Schema Extension | A tool with an invalid x-mcp-header is left out of the list.
H26-10b | SHOULD | modern | http | 26/basic/transports/streamable-http.mdx Schema Extension | A warning names the tool that was left out, and why.
H26-11 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Server Behavior | No Mcp-Param header for an argument that is null or absent.
H26-12 | SHOULD | modern | http | 26/basic/transports/streamable-http.mdx Client Behavior | After HeaderMismatch the tools are listed again and the call is made again.
H26-13 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Case Sensitivity | Header names are compared without case, values with.
H26-14 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Receiving Messages | Notifications before the answer belong to its request; comment lines are no fault.
H26-15 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Receiving Messages | No requests are expected on a stream, and no stream is resumed.
H26-16 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Cancellation | Cancelling is closing the stream of the request; no notification is sent.
H26-17 | MUST | modern | http | 26/changelog.mdx Major 9 | What is asked again after a lost stream is a new request with a new id.
H26-18 | SHOULD | both | http | 26/basic/transports/streamable-http.mdx Backward Compatibility | The body of a 400 is inspected before falling back to initialize.
H26-19 | MUST | modern | stdio http | 26/basic/index.mdx _meta | Every request carries all required fields of _meta.
XH-1 | MUST | modern | http | 26/server/tools.mdx x-mcp-header | A header name is a token of RFC 9110 and not empty.
XH-2 | MUST | modern | http | 26/server/tools.mdx x-mcp-header | Header names are unique within a schema, without case.
XH-3 | MUST | modern | http | 26/server/tools.mdx x-mcp-header | Only integer, string and boolean properties may be annotated.
XH-4 | MUST | modern | http | 26/server/tools.mdx x-mcp-header | An annotated property is reached from the root through properties only.
XH-5 | MUST | modern | http | 26/server/tools.mdx x-mcp-header | Integers are mirrored within the safe range.
VE-1 | MUST | modern | http | 26/basic/transports/streamable-http.mdx Value Encoding | Values that no header can hold are encoded in base64; all others stand as they are.

# Streamable HTTP, 2025-03-26 to 2025-11-25
H25-1 | MUST | legacy | http | 2511/basic/transports.mdx Sending Messages 1, 3 | Every message of the client is a POST of its own.
H25-2 | MUST | legacy | http | 2511/basic/transports.mdx Sending Messages 2 | Accept of a POST lists both types.
H25-3 | MUST | legacy | http | 2511/basic/transports.mdx Sending Messages 5 | Answers are read as JSON and as event streams.
H25-5 | SHOULD | legacy | http | 2511/basic/transports.mdx Sending Messages 6 | A stream that ends after a priming event is opened again.
H25-6 | MUST | legacy | http | 2511/basic/transports.mdx Sending Messages 6 | The retry field is respected before reconnecting.
H25-7 | SHOULD | legacy | http | 2511/basic/transports.mdx Sending Messages 6 | A lost stream is no cancellation; cancelling is a POST of notifications/cancelled.
H25-8 | MUST | legacy | http | 2511/basic/transports.mdx Listening | A GET accepts text/event-stream; 405 means that nothing is offered.
H25-9 | MUST | legacy | http | 2511/basic/transports.mdx Listening, Multiple Connections | Requests and notifications of the server are served from any stream; several streams may be open.
H25-10 | SHOULD | legacy | http | 2511/basic/transports.mdx Resumability | A broken stream is resumed by GET with Last-Event-ID, whatever opened it.
H25-11 | MUST | legacy | http | 2511/basic/transports.mdx Session Management 1, 2 | The session id is on every later request.
H25-12 | MUST | legacy | http | 2511/basic/transports.mdx Session Management 4 | 404 for the session leads to a new initialize without session id.
H25-13 | SHOULD | legacy | http | 2511/basic/transports.mdx Session Management 5 | The session is ended by DELETE; 405 is tolerated.
H25-14 | MUST | legacy | http sse | 2511/basic/transports.mdx Protocol Version Header | From 2025-06-18 on the negotiated version is in a header of every later request.
H25-15 | MUST | legacy | stdio http sse | 2511/basic/lifecycle.mdx Initialization | initialize comes first, then notifications/initialized.
H25-15b | SHOULD | legacy | stdio http sse | 2511/basic/lifecycle.mdx Initialization | Nothing but ping is sent before the answer to initialize.
H25-16 | MUST | legacy | stdio http sse | 2511/basic/utilities/ping.mdx | A ping of the server is answered promptly with an empty result.
H25-16b | SHOULD | legacy | stdio http sse | 2511/basic/utilities/ping.mdx | Pings are sent periodically, configurable.
H25-17 | MUST | legacy | stdio http sse | 2511/basic/lifecycle.mdx Operation | Only negotiated capabilities and the negotiated version are used.
H25-18 | SHOULD | both | stdio http sse | 2511/basic/lifecycle.mdx Timeouts | Every request has a timeout, configurable per request, and a maximum whatever progress there is; expiry cancels.
H25-19 | MUST | legacy | stdio http sse | 2511/client/* Error Handling | Unknown and unsupported requests of the server get a JSON-RPC error; an undeclared elicitation mode -32602.
H25-19b | SHOULD | legacy | stdio http sse | 2511/client/sampling.mdx Error Handling | Sampling that a person refused is answered with -1.
H25-20 | MUST | legacy | http sse | 2511/basic/authorization.mdx | The credential is on every HTTP request, also within a session.
BAT-1 | MUST | legacy | stdio http sse | 2503/basic/index.mdx Batching | On 2025-03-26 batches are received.

# stdio and HTTP+SSE of the legacy revisions
S25-1 | MUST | legacy | stdio | 2511/basic/transports.mdx stdio | One message a line in UTF-8, nothing else on stdin.
S25-2 | MUST | legacy | stdio http sse | 2511/basic/transports.mdx stdio | Requests of the server are answered.
S25-3 | SHOULD | legacy | stdio | 2511/basic/lifecycle.mdx Shutdown | Shutdown: close stdin, wait, then SIGTERM and SIGKILL.
S25-4 | SHOULD | legacy | stdio | 2511/basic/transports.mdx stdio | Clients support stdio whenever possible.
SSE24-1 | MUST | legacy | sse | 2411/basic/transports.mdx HTTP with SSE | All messages are POSTed to the URI of the endpoint event; what the server says comes as message events.
SSE24-2 | SHOULD | legacy | sse | 26/basic/transports/streamable-http.mdx HTTP+SSE Transport | HTTP+SSE is used only where nothing newer is offered, or where it is asked for.

# Finding the era and the version
NEG-1 | MUST | legacy | stdio http sse | 2511/basic/lifecycle.mdx Version Negotiation | initialize offers a version that the client supports, never a modern one.
NEG-2 | SHOULD | legacy | stdio http sse | 2511/basic/lifecycle.mdx Version Negotiation | initialize offers the latest version that the client supports.
NEG-3 | SHOULD | legacy | stdio http sse | 2511/basic/lifecycle.mdx Version Negotiation | A version that the client does not support ends the connection.
NEG-4 | MUST | legacy | stdio http sse | 2511/basic/lifecycle.mdx Version Negotiation | The version that the server answers is used, down to the oldest.
NEG-5 | MUST | legacy | stdio http sse | 2511/basic/utilities/cancellation.mdx | initialize is never cancelled.
NEG-6 | SHOULD | both | stdio http | 26/basic/versioning.mdx | The era is remembered for the server, and looked for again when the memory fails.
NEG-7 | SHOULD | modern | stdio http | 26/basic/versioning.mdx Protocol Version Negotiation | After -32022 a common version is chosen and the request repeated; without one an error says so.

# Base protocol
B-1 | MUST | both | stdio http sse | 26/basic/index.mdx Requests | Request ids are strings or integers, never null, never one that is outstanding.
B-2 | MUST | modern | stdio http | 26/basic/index.mdx resultType | A result of an unknown resultType is invalid.
B-3 | MUST | modern | stdio http | 26/basic/index.mdx resultType | A result without resultType is complete.
B-4 | MUST | both | stdio http sse | 26/basic/index.mdx JSON Schema | JSON Schema 2020-12 is supported and the default; other dialects end in an error, not in a fault.
B-4b | SHOULD | both | stdio http sse | 26/basic/index.mdx JSON Schema | The dialects that are supported beside it are documented.
B-5 | MUST | both | stdio http sse | 26/basic/index.mdx JSON Schema | No $ref to a network address is fetched.
B-5b | SHOULD | both | stdio http sse | 26/basic/index.mdx JSON Schema | A schema with an unresolved external $ref is rejected.
B-6 | SHOULD | both | stdio http sse | 26/basic/index.mdx JSON Schema | Depth, size and time of schema validation are bounded.
B-7 | MUST | both | stdio http sse | 26/server/tools.mdx | All keywords of a schema are preserved when tools are handed out.
B-8 | MUST | both | stdio http sse | 26/basic/versioning.mdx Extensions | Where a peer lacks an extension, the core behaviour or an error takes its place.
B-9 | MUST | both | stdio http sse | 26/basic/index.mdx Icons | Icons are fetched and shown safely. | not ours: no icon is fetched or shown here; what servers declare is handed out as data

# Multi round-trip requests (MRTR)
R-1 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx Client Requirements | Inputs that are asked for are given before the request is made again.
R-2 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx Client Requirements | requestState goes back byte for byte, only the latest, and none where none was given.
R-3 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx Client Requirements | Each round has a new id, the original parameters and the same headers.
R-4 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx Client Requirements | Inputs and state belong to that request and never to a parallel one.
R-5 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx | Only tools/call, prompts/get and resources/read may ask for input.
R-6 | MUST | modern | stdio http | 26/server/utilities/caching.mdx Cache Key | Results of requests that carried input or state are not kept.
R-7 | CHOICE | modern | stdio http | 26/basic/patterns/mrtr.mdx | Rounds are capped in number and time; rounds of state alone are slowed down.
R-8 | CHOICE | modern | stdio http | 26/basic/patterns/mrtr.mdx | Declining is an answer; an input that nobody gives ends the call here.
R-9 | MUST | modern | stdio http | 26/basic/patterns/mrtr.mdx | Keys are opaque, all of them are answered, in parallel.

# Subscriptions
SUB-1 | SHOULD | modern | stdio http | 26/basic/patterns/subscriptions.mdx | What the server acknowledges is compared with what was asked for.
SUB-2 | MUST | modern | stdio http | 26/basic/patterns/subscriptions.mdx | Several subscriptions at once are told apart by subscriptionId.
SUB-3 | MUST | modern | stdio http | 26/basic/patterns/subscriptions.mdx Cancellation | A client ends a subscription by closing the stream (HTTP) or by notifications/cancelled (stdio).
SUB-4 | CHOICE | modern | stdio http | 26/basic/patterns/subscriptions.mdx Cancellation | A server may end one by a result, by notifications/cancelled or by closing: each leads to a new one.
SUB-5 | CHOICE | modern | stdio http | 26/basic/patterns/subscriptions.mdx | After a reconnection changes may have been missed: what is kept is forgotten.
SUB-6 | CHOICE | modern | stdio http | 26/basic/patterns/subscriptions.mdx | A subscription has no timeout.
SUB-7 | CHOICE | legacy | stdio http sse | 2511/server/resources.mdx Subscriptions | On a legacy server: resources/subscribe and unsubscribe, and list changes unasked.

# Cancellation, timeouts, progress
CAN-1 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | Every request has a timeout.
CAN-2 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | When it expires the request is cancelled in the manner of its transport.
CAN-3 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | Timeouts can be set per request.
CAN-4 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | There is a maximum whatever progress arrives.
CAN-5 | MUST | both | stdio http sse | 26/basic/patterns/cancellation.mdx | Only own requests in progress are cancelled.
CAN-6 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | Answers that arrive after a cancellation are ignored.
CAN-7 | MUST | both | stdio http sse | 26/basic/patterns/cancellation.mdx | A cancellation that crosses the answer does no harm.
CAN-8 | SHOULD | both | stdio http sse | 26/basic/patterns/cancellation.mdx | Reasons of cancellations are logged.
CAN-9 | SHOULD | legacy | stdio http sse | 2511/basic/utilities/cancellation.mdx Behavior Requirements | A request of the server that it cancels is worked on no longer and gets no answer.
PRO-1 | MUST | both | stdio http sse | 26/basic/patterns/progress.mdx | Progress tokens are strings or integers, unique among active requests.
PRO-2 | MUST | both | stdio http sse | 26/basic/patterns/progress.mdx | Progress stops with the answer. | not ours: a duty of whoever sends progress; late progress is ignored, which PRO-4 proves
PRO-3 | SHOULD | both | stdio http sse | 26/basic/patterns/progress.mdx | Progress is limited in rate. | not ours: a duty of whoever sends progress; this client sends none
PRO-4 | CHOICE | both | stdio http sse | 26/basic/patterns/progress.mdx | Progress that does not grow, or that comes after the answer, is ignored.

# Caching
CACHE-1 | MUST | modern | stdio http | 26/server/utilities/caching.mdx Cache Key | What is kept answers only the same method with the same parameters.
CACHE-2 | MUST | modern | stdio http | 26/server/utilities/caching.mdx | Only complete results of cacheable methods are kept.
CACHE-3 | SHOULD | modern | stdio http | 26/server/utilities/caching.mdx Pagination | Pages are kept each for itself; an invalid cursor discards all of them.
CACHE-4 | MUST | modern | stdio http | 26/server/utilities/caching.mdx ttlMs | Fresh for ttlMs after it was received; 0, absent or negative is stale at once.
CACHE-5 | SHOULD | modern | stdio http | 26/server/utilities/caching.mdx | What is stale is fetched at the next access.
CACHE-6 | SHOULD | modern | stdio http | 26/server/utilities/caching.mdx | Nothing is polled in the background.
CACHE-7 | MUST | modern | stdio http | 26/server/utilities/caching.mdx | Polling has jitter and backoff. | not ours: this client never polls lists, which CACHE-6 proves
CACHE-8 | MUST | modern | stdio http | 26/server/utilities/caching.mdx | A notification of the change invalidates at once.
CACHE-9 | MUST | modern | stdio http | 26/server/utilities/caching.mdx cacheScope | What is private is never shared between authorization contexts.
PAG-1 | MUST | both | stdio http sse | 26/server/utilities/pagination.mdx | Cursors are opaque and go back as they came.
PAG-2 | SHOULD | both | stdio http sse | 26/server/utilities/pagination.mdx | A missing nextCursor is the end.
PAG-3 | MUST | both | stdio http sse | 26/server/utilities/pagination.mdx | An empty cursor is a cursor.
PAG-4 | MUST | both | stdio http sse | 26/server/utilities/pagination.mdx | No page size is assumed.
PAG-5 | CHOICE | both | stdio http sse | 26/server/utilities/pagination.mdx | Pages are bounded against cursors without end.

# Tools, resources, prompts, completion, logging
TOOL-1 | MUST | both | stdio http sse | 26/server/tools.mdx Tool | Annotations are untrusted: nothing is decided by them.
TOOL-2 | SHOULD | both | stdio http sse | 26/server/tools.mdx Security | A person can deny a tool call. | not ours: the application decides what it calls
TOOL-3 | SHOULD | both | stdio http sse | 26/server/tools.mdx Security | Inputs are shown before they are sent. | not ours: the application decides what it shows
TOOL-4 | SHOULD | both | stdio http sse | 26/server/tools.mdx Security | Results are validated before a model gets them. | not ours: the application passes results on; output schemas are TOOL-6
TOOL-5 | SHOULD | both | stdio http sse | 26/server/tools.mdx Security | Tool usage is logged for audit. | not ours: an audit log is kept by the application; the tap and the statistics supply it
TOOL-6 | SHOULD | both | stdio http sse | 26/server/tools.mdx Output Schema | structuredContent is validated against outputSchema.
TOOL-7 | SHOULD | both | stdio http sse | 26/server/tools.mdx Error Handling | A tool that fails by itself is a result, so that a model can see it.
TOOL-8 | SHOULD | both | stdio http sse | 26/server/tools.mdx Tool Names | Names outside of the guidance survive; case counts.
TOOL-9 | SHOULD | both | stdio http sse | 26/server/tools.mdx Aggregators | Where tools of several servers meet, names are made distinct, not by the name that a server claims.
RES-1 | SHOULD | both | stdio http sse | 26/server/resources.mdx Error Handling | -32002 is accepted as "resource not found" beside -32602.
RES-2 | CHOICE | both | stdio http sse | 26/server/resources.mdx Subscriptions | An update may name a part of the resource that was subscribed to.
COM-1 | SHOULD | both | stdio http sse | 26/server/utilities/completion.mdx | Completion requests are debounced. | not ours: the application knows when its user types
LOG-1 | CHOICE | both | stdio http sse | 26/server/utilities/logging.mdx | The eight levels of syslog; opted in by _meta (modern) or logging/setLevel (legacy), and set again after a reconnection.

# Elicitation, sampling, roots
ELI-1 | MUST | both | stdio http sse | 26/client/elicitation.mdx Capabilities | elicitation is declared, with the modes that are served.
ELI-2 | MUST | both | stdio http sse | 26/client/elicitation.mdx | A missing mode is form.
ELI-3 | MUST | both | stdio http sse | 26/client/elicitation.mdx User Interface | It is shown which server asks. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-4 | MUST | both | stdio http sse | 26/client/elicitation.mdx User Interface | Declining and cancelling are possible and reach the server as such.
ELI-5 | MUST | both | stdio http sse | 26/client/elicitation.mdx User Interface | A form can be reviewed and changed before it is sent. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-6 | MUST | both | stdio http sse | 26/client/elicitation.mdx URL Mode | The host of a URL is shown and consent obtained. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-7 | MUST | both | stdio http sse | 26/client/elicitation.mdx URL Mode | Neither a URL nor its metadata is fetched.
ELI-8 | MUST | both | stdio http sse | 26/client/elicitation.mdx URL Mode | No URL is opened without explicit consent.
ELI-9 | MUST | both | stdio http sse | 26/client/elicitation.mdx URL Mode | The full URL is shown. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-10 | MUST | both | stdio http sse | 26/client/elicitation.mdx URL Mode | A URL is opened where neither client nor model can look inside. | not ours: this library opens no URL
ELI-11 | SHOULD | both | stdio http sse | 26/client/elicitation.mdx URL Mode | The domain is highlighted, Punycode warned of. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-12 | SHOULD | both | stdio http sse | 26/client/elicitation.mdx URL Mode | Other URLs are not clickable. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-13 | MUST | both | stdio http sse | 26/client/elicitation.mdx Response Actions | Accepting a URL, declining and cancelling carry no content.
ELI-14 | SHOULD | both | stdio http sse | 26/client/elicitation.mdx URL Mode | There are manual controls to retry and to cancel. | not ours: the user interface belongs to the application; the handler gets what it needs for it
ELI-15 | SHOULD | both | stdio http sse | 26/client/elicitation.mdx Requested Schema | Answers are validated against requestedSchema.
ELI-16 | SHOULD | both | stdio http sse | 26/client/elicitation.mdx Requested Schema | Defaults are filled in.
ELI-17 | MUST | legacy | stdio http sse | 2511/client/elicitation.mdx Completion Notifications | Completions of unknown or completed elicitations are ignored.
ELI-18 | CHOICE | legacy | stdio http sse | 2511/client/elicitation.mdx URLElicitationRequiredError | After -32042 the listed elicitations are run, and the request is made again.
SAM-1 | MUST | both | stdio http sse | 26/client/sampling.mdx Capabilities | sampling is declared, with tools where they are understood.
SAM-2 | MUST | both | stdio http sse | 26/client/sampling.mdx | maxTokens is respected. | not ours: the handler calls the model; it gets maxTokens
SAM-3 | SHOULD | both | stdio http sse | 26/client/sampling.mdx User Interaction | A person approves prompt and result. | not ours: the user interface belongs to the application; the handler gets what it needs for it
SAM-4 | MUST | both | stdio http sse | 26/client/sampling.mdx Tool Use | Messages with tool results hold nothing else, and every tool use is answered. | not ours: servers build these messages; they reach the handler as they are
SAM-5 | CHOICE | both | stdio http sse | 26/client/sampling.mdx Tool Use | Tools, tool choice and content blocks pass both ways unchanged.
ROOT-1 | MUST | both | stdio http sse | 26/client/roots.mdx Data Types | A root is a file:// URI.
ROOT-2 | MUST | both | stdio http sse | 26/client/roots.mdx Security | Only permitted roots are exposed. | not ours: the handler of the application decides which
ROOT-3 | MUST | both | stdio http sse | 26/client/roots.mdx Security | Root URIs are validated against path traversal.
ROOT-4 | SHOULD | both | stdio http sse | 26/client/roots.mdx Security | A person consents to exposing roots. | not ours: the user interface belongs to the application; the handler gets what it needs for it
DEN-1 | CHOICE | both | stdio http sse | 26/basic/patterns/mrtr.mdx; 2511/client/* | Without a handler nothing is declared and every request for input is denied, also in floods.

`;

function read(line: string): Requirement {
  const [id, level, era, transports, source, text, excuse] = line.split(' | ');
  const [, kind, why] = /^(not ours|later): (.+)$/u.exec(excuse ?? '') ?? [];
  return {
    id: id!,
    level: level as Level,
    era: era as Requirement['era'],
    transports: transports!.split(' ') as RequirementWire[],
    source: source!,
    text: text!,
    ...(kind === 'not ours' ? { notOurs: why! } : {}),
    ...(kind === 'later' ? { later: why! } : {}),
  };
}

/** All requirements, in the order of the digest. */
export const REQUIREMENTS: readonly Requirement[] = TABLE.split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map(read);
