import { replaySession } from '../src/replay/session';
import { orderTraces, readFacts } from '../src/trace';
async function main() {
  const files = process.argv.slice(2);
  const ordered = files.length > 1 ? await orderTraces(files) : [{ file: files[0]!, facts: await readFacts(files[0]!) }];
  const t = process.hrtime.bigint();
  const s = await replaySession(ordered, { patches: [0, 4], config: null, params: null, mostDifferences: 8, progress: () => undefined });
  console.log(Number(process.hrtime.bigint() - t) / 1e6, 'ms', Math.round(process.memoryUsage().rss/1e6)+'MB');
  console.log(JSON.stringify(s.counts));
  console.log(JSON.stringify(s.agreement.figures), s.agreement.differences);
  if (s.pool) console.log(JSON.stringify(s.pool.figures), s.pool.differences);
  console.log(JSON.stringify(s.initial.map(i=>({...i,inUse:[...i.inUse].length,cached:i.cached.length,empty:i.empty.length}))));
  for (const {patches,lane} of s.lanes) console.log(patches, lane.oops, lane.k.log.warnings, lane.k.log.sleeping_in_atomic, JSON.stringify(lane.figures.devices()), lane.k.log.lines.slice(0,3));
}
main().catch(e => { console.error(e); process.exit(1); });
