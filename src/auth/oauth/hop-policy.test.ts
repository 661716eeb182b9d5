import { describe, expect, it } from 'vitest';
import { type HopPolicy, hopReach } from './hop-policy.ts';

const policy = (serverUrl: string, more: Partial<HopPolicy> = {}): HopPolicy => ({
  server: 'issues',
  serverUrl: new URL(serverUrl),
  allowPrivate: false,
  named: new Set(),
  ...more,
});

const reach = (url: string, of: HopPolicy): string => {
  try {
    return hopReach(new URL(url), of);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('hopReach', () => {
  const remote = policy('https://mcp.example.com/mcp');

  it.each([
    ['https://login.example.com/token', 'public'],
    ['https://mcp.example.com/.well-known/x', 'own'],
    ['https://mcp.example.com:8443/', 'public'],
    ['https://10.0.0.1/', 'public'],
    ['http://login.example.com/token', 'AUTH_FAILED'],
    ['http://mcp.example.com/', 'AUTH_FAILED'],
    ['https://me:pw@login.example.com/', 'AUTH_FAILED'],
    ['http://127.0.0.1:9/', 'AUTH_FAILED'],
    ['https://localhost/', 'AUTH_FAILED'],
    ['https://[::1]/', 'AUTH_FAILED'],
    ['ftp://login.example.com/', 'AUTH_FAILED'],
    ['file:///etc/passwd', 'AUTH_FAILED'],
  ])('S06 %s of a remote server: %s', (url, expected) => {
    expect(reach(url, remote)).toBe(expected);
  });

  it('S06 lets a server on this machine use others here, and what the user named or allowed', () => {
    expect(reach('http://127.0.0.1:9/', policy('http://localhost:8/mcp'))).toBe('own');
    expect(reach('http://10.0.0.1/', policy('http://localhost:8/mcp'))).toBe('AUTH_FAILED');
    expect(reach('http://127.0.0.1:9/', { ...remote, allowPrivate: true })).toBe('own');
    expect(reach('https://idp.corp/x', { ...remote, named: new Set(['https://idp.corp']) })).toBe('own');
    expect(reach('http://idp.corp/x', { ...remote, named: new Set(['http://idp.corp']) })).toBe(
      'AUTH_FAILED',
    );
  });
});
