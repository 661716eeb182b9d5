/** A fault that a test causes, or a defence that a test tries. */
export interface Fault {
  /** `F-001` or `S01`, as tests cite it at the beginning of their title. */
  readonly id: string;
  /** What happens → what is expected then; of a defence, what it is. */
  readonly text: string;
  /** Why it is not defended against yet: then no test may cite it. */
  readonly later?: string;
  /** What of the text is not built: the tests cite it for the rest. */
  readonly partly?: string;
}

// Every fault of the catalogue of faults (chapter 6) and every defence (chapter 5.3). fault-gate.test.ts fails on one
// that no test cites, and on an id that does not stand here. Codes in the texts are proposals of the catalogue:
// docs/errors.md has those that are real.
//
// One a line: id | text | what is not there yet ("later: …" for all of it, "partly: …" for some).
const TABLE = `
# Process life (stdio)
F-001 | command not found (ENOENT) → SPAWN_FAILED with PATH hint, not retried.
F-002 | file not executable (EACCES) / cwd missing → SPAWN_FAILED naming cwd or file, not retried.
F-003 | exits 0 at once before handshake → CONNECT_FAILED with exit code + stderr tail; counts to restart limit.
F-004 | exits 1 with 1 MB stderr → tail ≤ 64 KiB kept, sanitised; CONNECT_FAILED.
F-005 | never answers handshake → CONNECT_TIMEOUT at connectTimeoutMs; group killed.
F-006 | crash mid-response (half line written) → pending calls CONNECTION_LOST at exit; partial line discarded; restart scheduled.
F-007 | crash after full response but before newline flush of next → first call succeeds; next rejects.
F-008 | SIGKILL while helper grandchild holds stdout → CONNECTION_LOST < 100 ms (use exit), then streams destroyed.
F-009 | grandchildren in group after close → all dead ≤ budget; setsid escapee documented, reported.
F-010 | ignores SIGTERM and stdin end → SIGKILL group on schedule; total ≤ 6 s; close() resolves.
F-011 | close() called twice / during connect / during restart delay → one teardown; second escalates; no restart after.
F-012 | child closes stdout but keeps running → treated as lost; child stopped.
F-013 | child closes stdin (EPIPE on write) → send rejects CONNECTION_LOST; no uncaught EPIPE.
F-014 | child never reads stdin (64 KB pipe full) → sends queue to cap, then BACKPRESSURE; deadline still fires; close works.
F-015 | blocked send then child dies → send rejects (SDK hangs).
F-016 | crash loop, exits after 200 ms each time → back-off grows, 5 in 60 s → failed; event stream shows counts.
F-017 | runs 61 s then crashes repeatedly → attempt counter reset each time; steady restarts, no failed.
F-018 | exit code 78/127 → no restart.
F-019 | SIGSTOPped child (hung, pipe open) → request timeouts → breaker opens → health misses → restart; SIGCONT'd late answers ignored.
F-020 | parent receives SIGTERM/SIGINT/uncaughtException → children dead; parent exit code kept.
F-021 | parent SIGKILLed → server sees stdin EOF; documented best effort.
F-022 | stderr flood 100 MB → memory flat, stdout unaffected (stderr drained).
F-023 | fork bomb-ish: 200 quick children → group kill clears.
F-024 | fd exhaustion (EMFILE) on spawn → SPAWN_FAILED retryable; others unaffected.
F-025 | start of 50 servers at once → ≤ 8 parallel; all states reached.
F-026 | server binary replaced/removed between restarts → new spawn error surfaces, not the old one.

# Line framing (stdio)
F-027 | message split into 1-byte chunks → parsed once, intact.
F-028 | multi-byte UTF-8 split across chunks → intact.
F-029 | invalid UTF-8 bytes → line rejected (BAD_FRAME counted), connection kept; 10 in a row → closed.
F-030 | UTF-8 BOM first → stripped.
F-031 | CRLF, blank lines, trailing spaces → accepted.
F-032 | stdout noise ("Server started") before/among messages → skipped, counted, warn once with tail.
F-033 | noise on the same line as JSON → line rejected, call times out with hint "stdout noise seen".
F-034 | 10 MB line > limit in 1 KB chunks → FRAME_TOO_LARGE when limit passed, < 200 ms CPU, process stopped.
F-035 | endless bytes without newline → same, memory ≤ limit + chunk.
F-036 | 8 MB valid line → accepted; event-loop delay < 150 ms.
F-037 | two messages in one chunk / message+half → order kept.
F-038 | NUL bytes / control chars in strings → JSON rules; raw NUL rejected.
F-039 | final line without newline at EOF → if valid JSON deliver, else discard.
F-040 | pretty-printed JSON over many lines → each line rejected, hint logged.
F-041 | JSON with duplicate keys → last wins, no crash; id duplicate → rejected.

# JSON-RPC semantics
F-042 | response to unknown id → ignored, counter, bounded diagnostic.
F-043 | duplicate response → first wins, second counted.
F-044 | response before request was sent (guessed id) → ignored; ids start at random offset.
F-045 | id type confusion "1" vs 1, 1.0,  1 , null, 1e0 → only exact type+value matches.
F-046 | id > 2⁵³ or 10 KB string id in server request → echoed only if ≤ 256 chars, else invalid request.
F-047 | id 0 and "" are valid → handled (regression class in SDK).
F-048 | both result and error / neither → BAD_MESSAGE; pending call rejected if id matches.
F-049 | error without code/message, non-integer code, huge data → RemoteError code −32603 substituted, capped.
F-050 | jsonrpc missing or "1.0" → rejected; tolerated only by per-server quirk flag. | partly: no flag tolerates it, because no server is known that needs one
F-051 | batch array (2025-03-26) → accepted only when that era negotiated; capped 100; nested → rejected.
F-052 | result is array/string/null → schema error typed.
F-053 | __proto__, constructor, toString keys anywhere → no prototype change; lookups unaffected.
F-054 | nesting depth 200 000 → TOO_DEEP before validation; no stack overflow. | partly: nothing limits the depth of what is only passed on; whoever walks it is bounded
F-055 | array of 1 M elements / object 1 M keys → within byte limit ok; loop delay reported; else rejected.
F-056 | late response after timeout/cancel → ignored.
F-057 | server request unknown method → −32601; server notification unknown → ignored.
F-058 | flood: 100 k notifications/s → coalesced (list_changed debounced 100 ms), loop stays < 100 ms, drop counter.
F-059 | progress for unknown token / after completion / decreasing / NaN → ignored.
F-060 | progress flood with resetOnProgress → stops at maxTotalTimeout.
F-061 | server sends notifications/cancelled for our request (legacy) or unknown → per era: reject/ignore.
F-062 | server request id equal to our pending id → separate spaces, no confusion.
F-063 | handler for sampling throws / never returns → −32603 / timeout reply; no hang.
F-064 | initialize answered with unsupported version → PROTOCOL_UNSUPPORTED listing both, no restart.
F-065 | initialize answered with error / wrong shape / twice → CONNECT_FAILED / BAD_MESSAGE / second ignored.
F-066 | capabilities lie: tools/list works but undeclared, or declared but −32601 → list empty + warning; no reconnect loop.
F-067 | discover probe unanswered by legacy server → fallback initialize inside budget; late discover answer ignored.

# HTTP request/response
F-068 | ECONNREFUSED / ENOTFOUND / EAI_AGAIN / EHOSTUNREACH → CONNECT_FAILED retryable, cause kept; reconnect schedule.
F-069 | TCP accept, no bytes (black hole) → CONNECT/REQUEST_TIMEOUT.
F-070 | slow-loris headers (1 byte/s) → headers timeout.
F-071 | slow-loris body (1 byte/10 s) → request deadline, socket destroyed.
F-072 | RST before headers / mid JSON body → CONNECTION_LOST; never parsed partially; tools/call not retried.
F-073 | chunked truncation / content-length too long / too short → CONNECTION_LOST.
F-074 | garbage instead of HTTP / HTTP/0.9 / 100 KB header / 1 000 headers → BAD_RESPONSE.
F-075 | gzip/br/deflate bomb; nested encodings; invalid gzip → BODY_TOO_LARGE by decoded bytes; memory flat.
F-076 | 500/502/503/504 (HTML 5 MB body) → HTTP_ERROR{status}, ≤ 300 sanitised chars; list calls retried by budget.
F-077 | 429 Retry-After seconds / HTTP-date / negative / 1e9 / garbage → waited if ≤ 60 s and within deadline, else RATE_LIMITED with value.
F-078 | 408/425 → retry once when safe.
F-079 | 401 then 200 → one refresh + one replay; 401 loop → AUTH_REQUIRED, no storm; parallel 401s share one refresh.
F-080 | 403 insufficient_scope → typed with scope; at most 3 step-ups.
F-081 | 301/302/303 on POST → refused, hint URL; 307/308 same-origin → followed ≤ 3; loop → refused.
F-082 | redirect to other origin/port, http→https same host, https→http → refused except default-port http→https; no credentials at target.
F-083 | wrong content type (text/html, none, application/json; charset=latin1, mixed case) → BAD_RESPONSE or accepted by parsed essence.
F-084 | 200 with empty body / 202 or 204 to a request → BAD_RESPONSE at once.
F-085 | JSON body with other id → BAD_RESPONSE at once (only one request per POST).
F-086 | proxy strips/adds headers; lower/upper case; two mcp-session-id → first valid only, else reject.
F-087 | session id with control chars / 64 KB → rejected.
F-088 | 404 with session → new initialise once, replay only safe calls; second 404 → CONNECT_FAILED.
F-089 | 400 "session expired" / server restarted and forgets session silently → same path when body says so; else error.
F-090 | 404/405 on first POST → legacy SSE detection per spec; cached verdict; modern 400 JSON-RPC error is *not* legacy.
F-091 | keep-alive socket closed by server while idle (race) → transparent retry once if request not written.
F-092 | server closes all connections on deploy → jittered reconnect; no thundering herd across 50 registry entries (spread asserted).
F-093 | DELETE on close hangs / 405 / 500 → close() ≤ 2 s.
F-094 | expired/self-signed/wrong-host TLS → TLS_ERROR not retried, reason named; no global disabling.
F-095 | IPv6 first unreachable, IPv4 fine → happy eyeballs within timeout.
F-096 | DNS answer changes to private IP (rebinding) → blocked at connect for guarded fetches.
F-097 | Expect/1xx storms (100 interim responses) → limit.
F-098 | HTTP proxy env (HTTP_PROXY, NO_PROXY) with credentials → honoured only if opted in; never logged.

# SSE streams
F-099 | events split anywhere, \\r, \\n, \\r\\n, BOM, multi-line data, no space after colon → spec parsing.
F-100 | RST mid-SSE before response, no id → CONNECTION_LOST at once (2026 era: re-issue only if safe, new id).
F-101 | clean EOF before response: with id (2025-11-25) → resume GET Last-Event-ID; without → CONNECTION_LOST.
F-102 | resume replays old events / duplicates → de-duplicated by event id; response delivered once.
F-103 | resume returns 404/405/400 → CONNECTION_LOST once, no loop.
F-104 | retry: 0, retry: 1e12, retry: abc → 500 ms floor / stream closed, re-opened on demand / ignored.
F-105 | stream opens and closes instantly forever → back-off grows (no reset before 60 s stable), ≤ 10 GETs/min.
F-106 | endless comments, no data → request deadline fires; on listen stream counts as alive.
F-107 | silent stream (no bytes 5 min) → idle reconnect; not killed by undici's 300 s body timeout.
F-108 | single event/line 40 MB → FRAME_TOO_LARGE, memory flat.
F-109 | event with unknown event: type / empty data / invalid JSON → ignored / ignored / BAD_FRAME counted.
F-110 | response for another request on this stream → ignored + counted.
F-111 | stream stays open after final response → closed by us after 1 s.
F-112 | server sends requests on 2026-era stream → ignored + counted (MUST NOT).
F-113 | 500 parallel streams → socket cap; queueing visible.
F-114 | consumer slow (dashboard) → back-pressure or bounded drop, never unbounded.
F-115 | event id containing NUL/newline/10 KB → not used for resume.

# Legacy HTTP+SSE
F-116 | endpoint cross-origin, other port, //evil, javascript:, userinfo → ENDPOINT_REFUSED.
F-117 | endpoint never / after 1 MB of other events → CONNECT_TIMEOUT.
F-118 | second endpoint event mid-session → ignored unless identical.
F-119 | POST ok (202) but answer never on stream → REQUEST_TIMEOUT.
F-120 | GET stream drops with calls pending → all CONNECTION_LOST; new session; EventSource-style auto-reconnect disabled.
F-121 | POST answered 200 with the JSON-RPC body → accepted once if id matches, duplicate on stream ignored.

# Listing, schemas, gateway
F-122 | same cursor forever; fresh cursor forever; "" cursor; non-string cursor; cursor 1 MB → caps by pages/items/bytes with LIST_TRUNCATED (no cursor comparison needed: spec says opaque); "" continues.
F-123 | 10 000 tools / 5 MB schema / cyclic $ref / $ref http / pathological pattern → limits; bad tool excluded, others kept.
F-124 | duplicate tool names in a server; names illegal for the front → first wins / encoded reversible alias; warning.
F-125 | list_changed storm (each list triggers another) → ≥ 1 s between refreshes, single-flight, stale-while-refresh.
F-126 | tool disappears between list and call → −32602 from peer surfaced; catalogue refreshed once.
F-127 | one server of five hangs during aggregate list → partial result ≤ per-server deadline, degraded flag; others at once.
F-128 | all servers down → empty list + status, gateway stays up; calls get CIRCUIT_OPEN quickly.
F-129 | front client disconnects mid-call → upstream cancelled (notification or stream close).
F-130 | front client sends huge/invalid/duplicate-id/batch bodies, wrong Host/Origin/version, header≠body → 413/400/403/−32020; upstream untouched.
F-131 | two front clients same ids; one slow, one fast → isolation.
F-132 | structuredContent violating outputSchema → configurable warn/reject; never crash.
F-133 | binary content 20 MB base64 → limit error names the limit.

# Time, load, config, lifecycle
F-134 | wall clock jumps ±1 day; DST; → no effect (monotonic); token expiry re-evaluated with 60 s skew.
F-135 | laptop sleep: timers late by hours → one immediate health check per server with jitter, no burst of stale timeouts.
F-136 | event loop blocked 5 s → no false timeouts: after a late timer, one extra loop turn reads pending bytes before failing calls.
F-137 | AbortSignal aborted before start / during queue / during back-off / after response → REQUEST_ABORTED with reason, upstream cancelled only if sent; listeners 0 after (1 000 iterations, same signal).
F-138 | user callback/listener throws or rejects; logger throws → contained, reported once.
F-139 | config: missing file, empty, BOM, comments, trailing comma, duplicate server names, unknown keys, wrong types, 10 MB, circular includes, unreadable; edited while running (partial write); → precise path+line error; running servers kept on bad reload; diff applied on good (only changed restart).
F-140 | breaker half-open with 100 waiting calls → exactly 1 probe; stale probe result from an older epoch ignored; registry close during probe → all settle; process exits with no active handles.

# Defences
S01 | spawn with argv array, shell:false; .cmd/.bat only via explicit interpreter; reject NUL; command must be non-empty string
S02 | env: small allow-list (HOME, LOGNAME, PATH, SHELL, TERM, USER, TMPDIR, LANG) + configured keys; drop ()-values, warn on NODE_OPTIONS/LD_PRELOAD
S03 | \${VAR} expansion only in env/headers/args values of local config; missing var = error naming the var, not value; no recursion
S04 | launch consent hash (command,args,cwd,env keys,url) persisted 0600; changed entry → needs-approval in CLI/gateway mode
S05 | config never accepted over HTTP; dashboard is read-only + restart by known id behind token | partly: there is no dashboard yet
S06 | guarded fetch: https unless loopback/explicit; no userinfo; literal + resolved IP against BlockList; connect to the vetted address; per-hop redirects ≤ 3 same-origin
S07 | cross-origin redirect refused with REDIRECT_REFUSED; credentials never sent to a 2nd origin
S08 | user headers vs reserved: cannot override authorization (when a provider is set), mcp-*, host, content-length, transfer-encoding; CR/LF/NUL rejected at config time
S09 | tokens bound to (server origin, issuer, resource); file 0600 in 0700 dir, atomic rename, lock; never in argv/URL/log/error
S10 | OAuth: PKCE S256, state (single use), iss, metadata checks, callback on 127.0.0.1 random port, 5 min expiry, one concurrent flow/issuer
S11 | auth URL: scheme allow-list; opened by argv without shell or only printed
S12 | gateway/dashboard: bind 127.0.0.1; Host allow-list; Origin allow-list; token (timingSafeEqual); CORS off; CSP default-src 'self'; frame-ancestors 'none'; refuse non-loopback bind without token + explicit flag | partly: token and page come with the dashboard; a reachable address needs allowRemote
S13 | per-session isolation: ids remapped with per-session counters; progressToken & subscriptionId remapped; no shared transport object
S14 | namespacing server__tool (≤ 128 chars, [A-Za-z0-9_.-]), deterministic collision handling, never serverInfo.name as key
S15 | tool fingerprint SHA-256 over canonical JSON (name,title,description,inputSchema,outputSchema,annotations); drift event; policy allow/warn/block
S16 | description/result hygiene for *terminals and logs*: strip C0/C1, ANSI, bidi & zero-width flags; raw value kept for API
S17 | dashboard renders with textContent only | later: there is no dashboard yet
S18 | log redaction: header names list + configured secrets + key, token, secret, password, authorization, cookie values; URL query/userinfo
S19 | size/depth/count limits at one choke point per transport
S20 | peer data never used as object key on plain objects: Map or null-prototype; no Object.assign from peer; config merge skips __proto__/constructor/prototype
S21 | regex: linear, no peer-built patterns; URI templates bounded; JSON-schema pattern not compiled by default (or with budget)
S22 | $ref to http(s)/file not fetched; cyclic local refs bounded
S23 | rate limit per gateway client; concurrency caps | later: the gateway caps concurrency, but tells no clients apart that it could give a rate; that comes with credentials
S24 | audit event per call (who, server, tool, arg hash, bytes, duration, outcome) without values by default | later: audit events are a piece of work of their own
S25 | child files: no inherited fds > 2; cwd exists; windowsHide
S26 | unpinned npx/uvx/docker latest → warning in doctor | partly: lintLaunch tells; the command doctor is not built yet
S27 | unix-socket/daemon files 0600, dir 0700, symlink refused | partly: there is no socket and no daemon; the files are those of the state
S28 | server-initiated requests (sampling, elicitation, roots) denied by default; per-server opt-in; id space separate; cap 16 concurrent
S29 | elicitation URL: show host, never auto-open; origin of server shown | partly: what a person is shown is up to the application, which gets URL and server
S30 | resource URIs are data: no file: reads by us, no auto-follow of resource links
`;

function faultOf(line: string): Fault {
  const [id = '', text = '', note] = line.split(' | ');
  if (note?.startsWith('later: ') === true) return { id, text, later: note.slice('later: '.length) };
  if (note?.startsWith('partly: ') === true) return { id, text, partly: note.slice('partly: '.length) };
  if (note !== undefined) throw new Error(`the note of ${id} is neither "later" nor "partly"`);
  return { id, text };
}

export const FAULTS: readonly Fault[] = TABLE.split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => faultOf(line));
