import { replayText } from './helpers';
import { ModelMachine } from './model-machine';
it('fuzz', async () => {
  let bad = 0;
  for (let seed = 10; seed < 60; seed++) {
    const slots = [4, 16, 64][seed % 3]!;
    const o = { seed, numSlots: slots, classes: seed % 2 ? [4096, 16384, 131072] : [4096, 8192, 65536], depth: 24, ring: seed % 5 === 0 ? 6 : 0, failingFills: seed % 4 === 0 ? 10 : 0,
      devices: seed % 7 === 0 ? ['0000:00:05.0', '0000:00:06.0'] : ['0000:00:05.0'],
      bursts: Array.from({length: 6}, (_, i) => ({ calls: 200, idleMs: [500, 3000, 5500, 11000, 1000, 7000][(i + seed) % 6]! })) };
    const m = new ModelMachine(o).run();
    for (const from of [0, Math.floor(m.lines.length * ((seed * 37) % 90) / 100)]) {
      const mask = o.classes.reduce((a, s) => a | (s / 4096), 0);
      const d = await replayText(m.text(from), { patches: [4], params: `io_buffer_pool.num_slots=${slots} io_buffer_pool.class_sizes=${mask}` });
      const p = d.pool_agreement!;
      if (p.decisions_compared !== p.decisions_equal || p.decisions_of_port_only || (from === 0 && p.decisions_recorded !== p.decisions_compared)) {
        bad++; console.log(JSON.stringify({seed, from, n: m.lines.length, rec: p.decisions_recorded, cmp: p.decisions_compared, eq: p.decisions_equal, only: p.decisions_of_port_only}), p.differences.slice(0,2), p.not_compared, p.in_use_before, o.devices.length);
      }
    }
  }
  console.log('bad', bad);
});
