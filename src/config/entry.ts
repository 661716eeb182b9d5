import type { AuthSettings } from './auth-settings.ts';
import type { DialectSettings } from './dialect-settings.ts';
import type { HttpSettings } from './http-settings.ts';
import type { OpenApiSettings } from './openapi-settings.ts';
import type { RestSettings } from './rest-settings.ts';
import type { SandboxSettings } from './sandbox.ts';

/** What is done about a tool that changes its definition after it was first seen. */
export type DriftPolicy = 'allow' | 'warn' | 'block';

/** Transport kinds that need no registration. `rest` is MCP mapped onto plain HTTP routes. */
export type BuiltInKind = 'stdio' | 'http' | 'sse' | 'rest';

/** When a launched server counts as ready. */
export type ReadyCheck =
  /** Its port accepts a TCP connection. The default. */
  | { readonly tcp: true }
  /** A GET of this path (or http(s) URL) gets any HTTP answer. */
  | { readonly http: string }
  /** This text appears in what it prints on stdout or stderr. Plain text, no pattern. */
  | { readonly output: string };

/** How Signalbox starts and stops the process behind a `url`. `{port}` in `args` and `env` becomes the port. */
export interface LaunchSettings {
  /** Program to run. Non-empty; started without a shell. */
  readonly command: string;
  /** Its arguments. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** Environment variables beside the few that every server gets. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Working directory. Default: the folder of the config file. */
  readonly cwd?: string | undefined;
  /** The port that stands for `{port}`: `'auto'` picks a free one; 1 to 65 535. Default: none. */
  readonly port?: 'auto' | number | undefined;
  /** Default `{ tcp: true }`. */
  readonly ready?: ReadyCheck | undefined;
  /** Longest wait for readiness, in ms. Default 20 000; 1 to 2 147 483 647. */
  readonly readyTimeoutMs?: number | undefined;
}

/** Time limits in ms, each 1 to 2 147 483 647. */
export interface TimeoutSettings {
  /** Until a connection is set up, handshake included. Default 30 000. */
  readonly connect?: number | undefined;
  /** For one request without progress. Default: `timeout` of the entry, else 60 000; `false`: none. */
  readonly request?: number | false | undefined;
  /**
   * For one call with all its waiting, progress and retries, and for our answer to a request of the server. Default
   * 600 000, or `request` if longer; `false`: none.
   */
  readonly total?: number | false | undefined;
  /** For finding out which protocol revision a server speaks. Default 1 000. */
  readonly probe?: number | undefined;
  /** A lazy server that nobody has used for this long is stopped. Default 300 000; `false`: never. */
  readonly idle?: number | false | undefined;
}

/** Attempts at connecting, with growing pauses between them. */
export interface RetrySettings {
  /** Attempts in all, the first included. Default 3; 1 to 1 000; `false`: no end. */
  readonly maxAttempts?: number | false | undefined;
  /** First pause, in ms, before jitter. Default 500; 1 to 2 147 483 647. */
  readonly baseMs?: number | undefined;
  /** Longest pause, in ms; not below `baseMs`. Default 30 000; 1 to 2 147 483 647. */
  readonly maxMs?: number | undefined;
  /**
   * Pause after all attempts have failed, until one more is made in the background, in ms, ± 20 %. Default 60 000;
   * 1 to 2 147 483 647; `false`: no more attempts.
   */
  readonly pauseMs?: number | false | undefined;
}

/** How often a server that dies is brought back. */
export interface RestartSettings {
  /** Restarts within `windowMs` before there is a pause. Default 5; 1 to 1 000; `false`: no limit. */
  readonly limit?: number | false | undefined;
  /** The window that `limit` counts in, in ms. Default 60 000; 1 to 2 147 483 647. */
  readonly windowMs?: number | undefined;
  /** The pause after too many restarts, in ms. Default 300 000; 1 to 2 147 483 647. */
  readonly pauseMs?: number | undefined;
}

/** When calls to a failing server are refused at once, and how it is tried again. `false` in a number: not looked at. */
export interface BreakerSettings {
  /** Failures in a row that open the circuit. Default 5; 1 to 1 000; `false`. */
  readonly consecutiveFailures?: number | false | undefined;
  /** Share of failures in the window that opens it. Default 0.5; 0.01 to 1; `false`. */
  readonly failureRatio?: number | false | undefined;
  /** Calls in the window below which no share is looked at. Default 10; 1 to 100 000. */
  readonly minCalls?: number | undefined;
  /** The window, in ms. Default 30 000; 1 to 2 147 483 647. */
  readonly windowMs?: number | undefined;
  /** Share of slow calls in the window that opens it. Default `false`, as tools may be slow by nature; 0.01 to 1. */
  readonly slowRatio?: number | false | undefined;
  /** From when on a call is slow, in ms. Default 10 000; 1 to 2 147 483 647. */
  readonly slowMs?: number | undefined;
  /** Upper bound of the first time open, in ms; each relapse doubles it. Default 5 000; 1 to 2 147 483 647. */
  readonly openMs?: number | undefined;
  /** Upper bound of any time open, in ms. Default 60 000; 1 to 2 147 483 647. */
  readonly maxOpenMs?: number | undefined;
  /** Calls that must succeed after a successful probe until it is closed. Default 3; 0 to 1 000. */
  readonly halfOpenCalls?: number | undefined;
}

/** How fast a server is called. What it asks for itself (Retry-After) is kept in any case, unless all is `false`. */
export interface RateLimitSettings {
  /** Requests per second in the long run. Default `false`: no limit; 0.001 to 1 000 000. */
  readonly perSecond?: number | false | undefined;
  /** Requests at once. Default `false`: as `perSecond`, rounded up; 1 to 1 000 000. */
  readonly burst?: number | false | undefined;
  /** Requests that may wait for their turn. Default 256; 0 to 100 000. */
  readonly maxQueued?: number | undefined;
  /** Longest pause that is taken from a server, in ms. Default 60 000; 1 to 2 147 483 647. */
  readonly maxPauseMs?: number | undefined;
}

/** How many requests a server gets at once. */
export interface ConcurrencySettings {
  /** Requests in flight. Default 64; 1 to 100 000; `false`: no limit. */
  readonly maxInFlight?: number | false | undefined;
  /** Requests that may wait for a place, tools in turn; more fail with OVERLOADED. Default 256; 0 to 100 000. */
  readonly maxQueued?: number | undefined;
}

/** How many failed requests may be made again (gRFC A6): so that retries do not multiply the load of a failing server. */
export interface RetryBudgetSettings {
  /** Tokens; a failure takes one, and requests are made again while more than half are left. Default 10; 1 to 1 000. */
  readonly maxTokens?: number | undefined;
  /** What a success gives back. Default 0.1; 0.001 to 1 000. */
  readonly tokenRatio?: number | undefined;
}

/** How a connected server is looked after. A check pings it, unless it has said something by itself meanwhile. */
export interface HealthSettings {
  /** Time between checks of a healthy server, in ms, ± 20 %. Default 30 000; 1 to 2 147 483 647; `false`: no checks. */
  readonly intervalMs?: number | false | undefined;
  /** How long a check waits for its answer, in ms. Default 5 000; 1 to 2 147 483 647. */
  readonly timeoutMs?: number | undefined;
  /** Time between checks of a degraded server, in ms, ± 20 %. Default 5 000; 1 to 2 147 483 647. */
  readonly degradedIntervalMs?: number | undefined;
  /** An answer that takes this long is slow, in ms. Default 2 000; 1 to 2 147 483 647; `false`: none is. */
  readonly slowMs?: number | false | undefined;
  /** Share of failed requests that makes it degraded. Default 0.2; 0.01 to 1; `false`: none does. */
  readonly degradedErrorRate?: number | false | undefined;
  /** Share of failed requests that makes a check a bad one. Default 0.5; 0.01 to 1; `false`: none does. */
  readonly unhealthyErrorRate?: number | false | undefined;
  /** Requests within 30 s below which no share is looked at. Default 10; 1 to 100 000. */
  readonly minCalls?: number | undefined;
  /** Bad checks in a row until it is unhealthy; missed ones until the connection is made anew. Default 3; 1 to 100. */
  readonly unhealthyAfter?: number | undefined;
  /** Good checks in a row until it is healthy again. Default 2; 1 to 100. */
  readonly recoverAfter?: number | undefined;
}

/** Bounds on what a server may send. Whole numbers; none can be switched off. */
export interface LimitSettings {
  /** Longest stdio line and longest SSE event, in bytes. Default 8 MiB; 64 bytes to 256 MiB. */
  readonly frameBytes?: number | undefined;
  /** Largest HTTP body, in bytes. Default 16 MiB; 64 bytes to 256 MiB. */
  readonly bodyBytes?: number | undefined;
  /** How much of a server's stderr is kept, in bytes. Default 64 KiB; 64 bytes to 16 MiB. */
  readonly stderrBytes?: number | undefined;
  /** Outgoing bytes that may wait for a server that does not read. Default 16 MiB; 64 bytes to 1 GiB. */
  readonly sendQueueBytes?: number | undefined;
  /** Unreadable frames in a row before the connection is given up. Default 10; 1 to 1 000 000. */
  readonly badFrames?: number | undefined;
  /** Largest HTTP response header block, in bytes. Default 16 KiB; 64 bytes to 1 MiB. */
  readonly headerBytes?: number | undefined;
  /** Decoded bytes that one compressed byte may become, once there is 1 MiB of them. Default 100; 10 to 10 000. */
  readonly compressionRatio?: number | undefined;
  /** Pages that one list may have. Default 100; 1 to 100 000. */
  readonly pages?: number | undefined;
  /** Items that one list may have. Default 10 000; 1 to 10 000 000. */
  readonly items?: number | undefined;
  /** How large one list may be, all its pages together, in bytes. Default 32 MiB; 64 bytes to 1 GiB. */
  readonly listBytes?: number | undefined;
  /** Largest input or output schema of a tool, in bytes; a larger tool is left out. Default 256 KiB; 64 bytes to 256 MiB. */
  readonly schemaBytes?: number | undefined;
  /** Objects and arrays within each other in such a schema: 64, the default, are 32 schemas; 1 to 500. */
  readonly schemaDepth?: number | undefined;
  /** How often one call may be answered with a request for more input. Default 10; 1 to 1 000. */
  readonly inputRounds?: number | undefined;
  /** Largest OpenAPI document, in bytes. Default 16 MiB; 64 bytes to 256 MiB. */
  readonly documentBytes?: number | undefined;
}

/** Steps of a process stop, in ms, each 1 to 600 000: stdin end → `eofMs` → SIGTERM → `termMs` → SIGKILL → `killMs`. */
export interface StopSettings {
  /** Default 2 000. */
  readonly eofMs?: number | undefined;
  /** Default 3 000. */
  readonly termMs?: number | undefined;
  /** How long to wait for the kernel after SIGKILL. Default 1 000. */
  readonly killMs?: number | undefined;
}

/** What only Signalbox knows about a server, under the one key `x-signalbox`. Other keys are refused here. */
export interface SignalboxSettings {
  /** Protocol era: found out (`'auto'`, the default), forced, or one revision as YYYY-MM-DD. */
  readonly protocol?: 'auto' | 'legacy' | 'modern' | (string & {}) | undefined;
  /** Whether the application is not ready without this server. Default `false`. */
  readonly required?: boolean | undefined;
  /**
   * Whether its tools are believed when they call themselves read-only or idempotent: a call whose outcome is unknown
   * is made again then. Default `false`: the hints come from the server.
   */
  readonly trust?: boolean | undefined;
  /** Whether the server is started by the first call and stopped when nobody uses it. Default `false`. */
  readonly lazy?: boolean | undefined;
  readonly timeouts?: TimeoutSettings | undefined;
  /** `false`: one attempt only. */
  readonly retry?: RetrySettings | false | undefined;
  /** `false`: a server that died stays down. */
  readonly restart?: RestartSettings | false | undefined;
  /** `false`: a server that fails is called as if it did not. */
  readonly breaker?: BreakerSettings | false | undefined;
  /** `false`: nothing is held back, not even while the server asks for a pause. */
  readonly rateLimit?: RateLimitSettings | false | undefined;
  /** `false`: no limit. */
  readonly concurrency?: ConcurrencySettings | false | undefined;
  /** `false`: what may be made again is, whatever the state of the server. */
  readonly retryBudget?: RetryBudgetSettings | false | undefined;
  /** `false`: no checks at all; it is called healthy as long as it is connected. */
  readonly health?: HealthSettings | false | undefined;
  readonly limits?: LimitSettings | undefined;
  readonly stop?: StopSettings | undefined;
  /** stdio: one message a line (`'strict'`, the default), or also messages printed over several lines. */
  readonly framing?: 'strict' | 'tolerant' | undefined;
  /**
   * What happens to a result whose `structuredContent` does not fit the `outputSchema` of its tool, which must have
   * been listed before. `'off'`, the default, does not look.
   */
  readonly validate?: 'off' | 'warn' | 'error' | undefined;
  /**
   * What happens when a tool is not defined any more as it was when it was first seen. `'allow'`: an event tells;
   * `'warn'`, the default: the log does too; `'block'`: the tool is kept away until it is approved.
   */
  readonly drift?: DriftPolicy | undefined;
  /** Only with `type` `sse`: HTTP+SSE as the protocol has it (`'standard'`, the default), or another way of speaking. */
  readonly dialect?: DialectSettings | undefined;
  /** Only together with `url`. */
  readonly http?: HttpSettings | undefined;
  /**
   * How we prove to the server who we are; only together with `url`. Default: by `headers`, and by OAuth where the server
   * asks for it. `false`: what a server asks for is not looked into.
   */
  readonly auth?: AuthSettings | false | undefined;
  /** Only together with `url`. Default: the server is running already. */
  readonly launch?: LaunchSettings | undefined;
  /**
   * What a server that Signalbox starts may do on this machine; `true`: {@link SandboxSettings} with all defaults.
   * Needs Linux with `bwrap`. Default `false`: what this user may.
   */
  readonly sandbox?: SandboxSettings | boolean | undefined;
  /** How a server of type `rest` is asked. Default: the routes of `docs/rest.md`. */
  readonly rest?: RestSettings | undefined;
  /** rest: the OpenAPI document that the tools come from, or where it stands. Default: none. */
  readonly openapi?: OpenApiSettings | string | undefined;
}

/**
 * One server as people write it in `.mcp.json`, after `${VAR}` expansion. Without `type`, `command` means `stdio`,
 * and `url` means HTTP with a fall back to HTTP+SSE. Keys that are not listed here belong to other hosts, or to a
 * transport kind of your own, and are kept as they are.
 */
export interface ServerEntry {
  /** Transport kind; `streamable-http` and `streamableHttp` are read as `http`. Default: from the shape. */
  readonly type?: BuiltInKind | (string & {}) | undefined;
  /** Whether the server is listed and never connected. Default `false`. */
  readonly disabled?: boolean | undefined;
  /** Time limit of one request, in ms. Default 60 000; 1 to 2 147 483 647; below 1 000 is warned of. */
  readonly timeout?: number | undefined;
  /** Names of the tools to offer. Default: all. */
  readonly enabledTools?: readonly string[] | undefined;
  /** Names of the tools to hide, also from `enabledTools`. Default: none. */
  readonly disabledTools?: readonly string[] | undefined;
  /** Names of the tools that need no consent. Default: none. Kept for hosts; grants nothing by itself. */
  readonly alwaysAllow?: readonly string[] | undefined;

  /** stdio: program to run. Non-empty; started without a shell. */
  readonly command?: string | undefined;
  /** stdio: its arguments. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** stdio: environment variables beside the few that every server gets. Default: none. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** stdio: file of `NAME=value` lines; `env` wins over it. `loadConfig` reads it into `env` and drops the key. */
  readonly envFile?: string | undefined;
  /** stdio: working directory. Default: the folder of the config file. */
  readonly cwd?: string | undefined;

  /** http, sse, rest: address; http or https, without userinfo. `{port}` is the port of `launch`. */
  readonly url?: string | undefined;
  /** http, sse, rest: headers of every request. Those that the protocol sets are refused. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** http, sse, rest: OAuth settings of other hosts; `clientId`, `clientSecret`, `scopes` and `callbackPort` are read. */
  readonly oauth?: Readonly<Record<string, unknown>> | undefined;

  readonly 'x-signalbox'?: SignalboxSettings | undefined;

  /** What other hosts, or your own transport kinds, read. */
  readonly [key: string]: unknown;
}
