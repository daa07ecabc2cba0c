// SPDX-License-Identifier: GPL-2.0-only
// The content policy of our pages.

/**
 * Nothing is loaded, sent or run but the script and the style that the page has in it.
 * @param script base64 of its SHA-256; likewise `style`
 */
export function contentPolicy(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src 'sha256-${script}'`,
    `style-src 'sha256-${style}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
