import { describe, expect, it } from 'vitest';
import { type Environment, proxyFor } from './proxy-choice.ts';

const choose = (url: string, environment: Environment, setting: string | false = 'env'): string | undefined =>
  proxyFor(new URL(url), setting, environment, 's')?.href;

describe('F-098 proxyFor', () => {
  const both = { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:2' };

  it('looks at the environment only where it is told to', () => {
    expect(choose('http://h/', both, false)).toBeUndefined();
    expect(choose('http://h/', { no_proxy: '*' }, 'http://own:3')).toBe('http://own:3/');
  });

  it('tells http and https apart, and prefers the small letters', () => {
    expect(choose('http://h/', both)).toBe('http://p:1/');
    expect(choose('https://h/', both)).toBe('http://p:2/');
    expect(choose('http://h/', { ...both, http_proxy: 'http://small:1' })).toBe('http://small:1/');
    expect(choose('https://h/', { HTTP_PROXY: 'http://p:1' })).toBeUndefined();
    expect(choose('http://h/', { http_proxy: '', HTTP_PROXY: '' })).toBeUndefined();
  });

  it('takes host:port as people write it', () => {
    expect(choose('http://h/', { http_proxy: 'proxy.example:3128' })).toBe('http://proxy.example:3128/');
    expect(choose('http://h/', { http_proxy: 'me:pw@proxy.example:3128' })).toBe(
      'http://me:pw@proxy.example:3128/',
    );
  });

  it('does not take a header of a CGI caller for a proxy', () => {
    expect(choose('http://h/', { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil:1' })).toBeUndefined();
    expect(choose('http://h/', { REQUEST_METHOD: 'GET', http_proxy: 'http://p:1' })).toBe('http://p:1/');
  });

  it.each([
    ['*', 'http://h/', true],
    ['h', 'http://h:8080/', true],
    ['H', 'http://h/', true],
    ['h', 'http://sub.h/', true],
    ['.h', 'http://sub.h/', true],
    ['*.h', 'http://sub.h/', true],
    ['h', 'http://nah/', false],
    ['a, b  h', 'http://h/', true],
    ['h:80', 'http://h/', true],
    ['h:443', 'http://h/', false],
    ['h:8080', 'http://h:8080/', true],
    ['h:8080', 'http://h/', false],
    ['127.0.0.1', 'http://127.0.0.1:5/', true],
    ['::1', 'http://[::1]:5/', true],
    ['[::1]:5', 'http://[::1]:5/', true],
    ['[::1]:6', 'http://[::1]:5/', false],
    ['', 'http://h/', false],
    [' , ', 'http://h/', false],
  ])('NO_PROXY %j exempts %s: %s', (list, url, exempt) => {
    const expected = exempt ? undefined : 'http://p:1/';
    expect(choose(url, { ...both, NO_PROXY: list })).toBe(expected);
    expect(choose(url, { ...both, no_proxy: list, NO_PROXY: '*' })).toBe(expected);
  });

  it('S21 a hostile list costs linear time', () => {
    // Quadratic time would outlast the test.
    for (const list of [':'.repeat(1_000_000), '1:'.repeat(500_000)])
      expect(choose('http://h/', { ...both, NO_PROXY: list })).toBe('http://p:1/');
  });

  it.each(['socks5://canary-1@h:1', 'http://canary-1:%', 'ftp://canary-1'])(
    'refuses %s as CONFIG_INVALID, naming the variable and not its value',
    (value) => {
      const ask = (): unknown => choose('https://h/', { https_proxy: value });
      expect(ask).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(ask).toThrow(/https_proxy/u);
      expect(ask).not.toThrow(/canary/u);
    },
  );
});
