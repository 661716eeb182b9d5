import { describe, expect, it } from 'vitest';
import { RemoteError, SignalboxError } from '../../core/errors.ts';
import { LEGACY_VERSIONS, MODERN_VERSIONS } from '../versions.ts';
import { type ProbeOutcome, readDiscovery, readProbeFailure } from './probe-outcome.ts';
import { decide, type Verdict, type VerdictContext } from './verdict.ts';

const context: VerdictContext = { modern: MODERN_VERSIONS, legacyAllowed: true, secondTry: false };
const modern = MODERN_VERSIONS[0]!;
const legacy = LEGACY_VERSIONS[0]!;

const remote = (code: number, data?: unknown): ProbeOutcome =>
  readProbeFailure(new RemoteError({ code, message: 'no', data, httpStatus: 400 }));
const local = (code: SignalboxError['code'], details: Record<string, unknown> = {}): ProbeOutcome =>
  readProbeFailure(new SignalboxError(code, 'no', { details }));

const brief = (verdict: Verdict): string => {
  switch (verdict.do) {
    case 'use-modern':
    case 'probe-again':
      return `${verdict.do} ${verdict.version}`;
    case 'initialize':
      return `${verdict.do} ${verdict.offer}`;
    case 'no-common-version':
      return `${verdict.do} ${verdict.theirs.join()}`;
    case 'restart-legacy':
    case 'fail':
      return verdict.do;
  }
};

// The decision tables of the specification digest, one row each.
const table: [what: string, outcome: ProbeOutcome, expected: string][] = [
  ['a result with our version', readDiscovery({ supportedVersions: [modern] }), `use-modern ${modern}`],
  ['a dual-era result', readDiscovery({ supportedVersions: [legacy, modern] }), `use-modern ${modern}`],
  [
    'a result with legacy versions only',
    readDiscovery({ supportedVersions: ['2025-06-18'] }),
    'initialize 2025-06-18',
  ],
  [
    'a result with unknown versions',
    readDiscovery({ supportedVersions: ['2031-01-01'] }),
    'no-common-version 2031-01-01',
  ],
  ['a result without versions', readDiscovery({}), `initialize ${legacy}`],
  ['a result with an empty list', readDiscovery({ supportedVersions: [] }), `initialize ${legacy}`],
  ['-32022 naming our version', remote(-32022, { supported: [modern] }), `probe-again ${modern}`],
  [
    '-32022 naming unknown versions',
    remote(-32022, { supported: ['2031-01-01'] }),
    'no-common-version 2031-01-01',
  ],
  ['-32022 naming legacy versions', remote(-32022, { supported: ['2025-03-26'] }), 'initialize 2025-03-26'],
  ['-32022 without a list', remote(-32022), `initialize ${legacy}`],
  ['-32020 HeaderMismatch', remote(-32020), 'fail'],
  ['-32021 MissingRequiredClientCapability', remote(-32021), 'fail'],
  ['-32601 method not found', remote(-32601), `initialize ${legacy}`],
  ['-32602 invalid params', remote(-32602), `initialize ${legacy}`],
  ['-32000 as 2025 servers answer', remote(-32000), `initialize ${legacy}`],
  ['404 with HTML', local('HTTP_ERROR', { status: 404 }), `initialize ${legacy}`],
  ['405', local('HTTP_ERROR', { status: 405 }), `initialize ${legacy}`],
  ['200 with an empty body', local('BAD_RESPONSE', { status: 200 }), `initialize ${legacy}`],
  ['503', local('HTTP_ERROR', { status: 503 }), 'fail'],
  ['401', local('AUTH_REQUIRED'), 'fail'],
  ['403', local('FORBIDDEN'), 'fail'],
  ['connection refused', local('CONNECT_FAILED'), 'fail'],
  ['a time-out', local('REQUEST_TIMEOUT'), 'fail'],
  ['the process died', local('CONNECTION_LOST'), 'restart-legacy'],
];

describe('decide', () => {
  it.each(table)('%s', (_what, outcome, expected) => {
    expect(brief(decide(outcome, context))).toBe(expected);
  });

  it('ends the loop at a second -32022', () => {
    const outcome = remote(-32022, { supported: [modern] });
    expect(decide(outcome, { ...context, secondTry: true }).do).toBe('fail');
  });

  it.each(table)('never falls back when pinned to modern: %s', (_what, outcome) => {
    const verdict = decide(outcome, { ...context, legacyAllowed: false });
    expect(['initialize', 'restart-legacy']).not.toContain(verdict.do);
  });
});
