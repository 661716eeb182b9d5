import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserCommand, openBrowser } from '../../src/auth/browser/open-browser.ts';
import { checkPageUrl, MAX_PAGE_URL } from '../../src/auth/browser/page-url.ts';
import { until } from '../helpers/until.ts';

const refusal = (url: string): string => {
  try {
    checkPageUrl(url, 'issues');
    return '';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('checkPageUrl', () => {
  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'vbscript:x',
    'ftp://h/',
    'http://example.com/authorize',
    'http://a$(calc)/',
    'https://h/?a=$(calc)',
    'https://h/?a=`calc`',
    'https://me:secret@h/',
    '--help',
    '',
    `https://h/?a=${'x'.repeat(MAX_PAGE_URL)}`,
    'http://127.0.0.1.evil.example/',
  ])('S11 refuses %j', (url) => {
    expect(refusal(url)).toBe('AUTH_FAILED');
  });

  it.each([
    'https://login.example.com/authorize?a=b%24',
    'http://127.0.0.1:80/x',
    'http://localhost/',
    'http://[::1]:9/',
  ])('S11 lets %s through', (url) => {
    expect(checkPageUrl(url, 'issues').href).toBe(new URL(url).href);
  });

  it('S11 brings quotes and spaces into a form that no shell reads', () => {
    expect(checkPageUrl(`https://h/a b"c?d='`, 'issues').href).toBe('https://h/a%20b%22c?d=%27');
  });
});

describe('openBrowser', () => {
  it.each(['linux', 'darwin', 'win32', 'freebsd'])(
    'S11 hands the address over as one argument on %s',
    (platform) => {
      const url = new URL('https://h/?a=1&b=2;c');
      expect(browserCommand(url, platform).filter((word) => word.includes('h/'))).toEqual([url.href]);
      expect(browserCommand(url, platform).join(' ')).not.toMatch(/\bcmd\b|\bsh\b/u);
    },
  );

  it('S11 starts the program without a shell', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
    try {
      const file = join(folder, 'seen.json');
      const script = join(folder, 'browser.mjs');
      writeFileSync(
        script,
        `import { writeFileSync } from 'node:fs';
         writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.argv.slice(2)));`,
      );
      const url = new URL('https://h/?a=1&b=$(touch%20x);%20echo');
      await openBrowser(url, [process.execPath, script, url.href]);
      const seen = (): string => {
        try {
          return readFileSync(file, 'utf8');
        } catch {
          return '';
        }
      };
      await until('the program has run', () => seen() !== '');
      expect(JSON.parse(seen())).toEqual([url.href]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('S11 says so where there is no browser', async () => {
    const opening = openBrowser(new URL('https://h/'), ['signalbox-no-such-browser']);
    await expect(opening).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});
