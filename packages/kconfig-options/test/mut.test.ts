// @ts-nocheck
import { Random, randomCase } from './random-kconfig';
import { parseKconfig, evaluate } from '../src';
import { spawnSync } from 'node:child_process';
const BITS = ['"', "'", '\\', '(', ')', '!', '&&', '||', '=', '#', ' ', '\t', '\n', 'if', 'help', 'config', 'endmenu', 'endif', 'endchoice', 'menu "x"', 'y', 'on', 'depends on', 'visible if y', 'optional', 'bool', 'int', '"str"', '---help---', '\\\n', 'range 1 2', 'default', 'prompt', 'choice', 'source "Kconfig"', 'comment', 'option', 'modules', 'foo-bar', 'a.b', '/', '\n  help\n  text\n\n', '\f', '\r', 'é', ';', '\n\thelp\n  text\n\tmore\n', '  --help--\n', '=='];
function mutate(text: string, r: Random): string {
  for (let i = 1; i > 0; i--) {
    const at = r.below(text.length + 1);
    const k = r.below(4);
    if (k === 0) text = text.slice(0, at) + text.slice(at + 1 + r.below(6));
    else if (k === 1) text = text.slice(0, at) + r.pick(BITS) + text.slice(at);
    else { const lines = text.split('\n'); const l = r.below(lines.length); if (k === 2) lines.splice(l, 1); else lines.splice(l, 0, r.pick(BITS)+' '+r.pick(BITS)+' '+r.pick(BITS)); text = lines.join('\n'); }
  }
  return text;
}
const N = Number(process.env.N ?? 3000), S = Number(process.env.S ?? 1);
const cases = Array.from({ length: N }, (_, i) => { const c = randomCase(S + i); const r = new Random(S * 7 + i); const files = { ...c.files }; files['Kconfig'] = mutate(files['Kconfig'] ?? '', r); return { files, config: r.below(3) ? c.config : mutate(c.config, r) }; });
const out = spawnSync('/usr/bin/python3', ['test/kconfiglib_oracle.py'], { input: cases.map((c) => JSON.stringify(c)).join('\n'), encoding: 'utf8', maxBuffer: 1 << 30 }).stdout.trimEnd().split('\n').map((l) => JSON.parse(l));
if (process.env.SHOW) { console.log(cases[0].files, cases[0].config, out[0]); }
let bad = 0; const kinds = new Map<string, number>(); let okBoth=0, errBoth=0;
cases.forEach((c, i) => {
  let mine: any; try { const k = parseKconfig('Kconfig', (f) => c.files[f]); const e = evaluate(k, c.config); mine = { symbols: { ...e.toJSON().symbols }, config: e.toDotConfig() }; } catch (e) { mine = { error: (e as Error).message, n: (e as Error).name }; }
  const theirs = out[i]; 
  if (mine.n && mine.n !== 'KconfigError') { console.log('CRASH', i, mine); }
  if (theirs.crash) { if (!mine.error) { kinds.set('their crash '+theirs.crash, (kinds.get('their crash '+theirs.crash)??0)+1);} return; }
  if ((mine.error === undefined) !== (theirs.error === undefined)) { const key = (mine.error ? 'ME ' + mine.error.replace(/^\S+ /,'').replace(/S\d+/g,'S').slice(0,70) : 'THEY ' + theirs.error.replace(/^[\s\S]*: /, '').slice(0,70)); if (!kinds.has(key)) console.log(i, S+i, 'mine:', mine.error, '| theirs:', theirs.error); kinds.set(key, (kinds.get(key) ?? 0) + 1); return; }
  if (mine.error) { errBoth++; return; }
  okBoth++;
  if (JSON.stringify(mine.symbols) !== JSON.stringify(theirs.symbols) || mine.config !== theirs.config) { if (bad++ < 3) { for (const k of new Set([...Object.keys(mine.symbols),...Object.keys(theirs.symbols)])) if (JSON.stringify(mine.symbols[k])!==JSON.stringify(theirs.symbols[k])) console.log(k, mine.symbols[k], theirs.symbols[k]); console.log('VALUE', S + i, c.files['Kconfig'], c.config, '\nMINE\n', mine.config,'\nTHEIRS\n', theirs.config); } }
});
console.log({ okBoth, errBoth, bad }, kinds);
