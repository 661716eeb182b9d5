import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { blockedLiteral, guardedLookup, isPrivateAddress } from './address-guard.ts';

describe('isPrivateAddress', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '::ffff:169.254.169.254',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '2001::1',
    '2002:7f00:1::',
    'fc00::1',
    'fdff::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'localhost',
    '',
  ])('S06 %s', (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2606:4700:4700::1111',
    '2a00:1450::1',
  ])('lets %s through', (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe('blockedLiteral', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[fe80::1]/',
    'http://169.254.169.254/',
  ])('S06 %s in whichever spelling', (url) => {
    expect(blockedLiteral(new URL(url).hostname)?.code).toBe('ADDRESS_BLOCKED');
  });

  it.each(['http://8.8.8.8/', 'http://[2606:4700::1]/', 'http://localhost/', 'http://example.com/'])(
    'leaves %s to others',
    (url) => {
      expect(blockedLiteral(new URL(url).hostname)).toBeUndefined();
    },
  );
});

describe('guardedLookup', () => {
  type Answer = Parameters<Parameters<LookupFunction>[2]>;
  const ask = (
    answer: readonly LookupAddress[] | NodeJS.ErrnoException,
    options: { readonly all?: boolean } = {},
  ): Promise<Answer> => {
    const inner: LookupFunction = (_hostname, given, callback) => {
      expect(given.all).toBe(true);
      if (answer instanceof Error) callback(answer, '');
      else callback(null, [...answer]);
    };
    return new Promise((resolve) => {
      guardedLookup(inner)('name.example', options, (...outcome) => resolve(outcome));
    });
  };
  const open = { address: '8.8.8.8', family: 4 };
  const open6 = { address: '2606:4700::1', family: 6 };

  it('hands public answers on, as one or as all', async () => {
    expect(await ask([open6, open], { all: true })).toEqual([null, [open6, open]]);
    expect(await ask([open6, open])).toEqual([null, open6.address, 6]);
  });

  it.each([
    ['a private address', [{ address: '10.0.0.1', family: 4 }]],
    ['one in IPv6 clothes', [{ address: '::ffff:a00:1', family: 6 }]],
    ['a private one behind a public one', [open, { address: '192.168.0.1', family: 4 }]],
    ['something that is no address', [{ address: 'localhost', family: 4 }]],
    ['nothing', []],
  ])('S06 F-096 refuses %s', async (_what, answer) => {
    for (const all of [true, false]) {
      expect((await ask(answer, { all }))[0]).toMatchObject({ code: 'ADDRESS_BLOCKED' });
    }
  });

  it('hands errors on', async () => {
    const error = Object.assign(new Error('x'), { code: 'ENOTFOUND' });
    expect((await ask(error))[0]).toBe(error);
  });

  it('asks the resolver of the machine by default', async () => {
    const [error] = await new Promise<Answer>((resolve) => {
      guardedLookup()('localhost', {}, (...outcome) => resolve(outcome));
    });
    expect(error).toMatchObject({ code: 'ADDRESS_BLOCKED' });
  });
});
