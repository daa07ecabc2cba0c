import { replayText } from './helpers';
import { ModelMachine } from './model-machine';
it('x', async () => {
  const m = new ModelMachine({ seed: 5, ring: 10, numSlots: 64, classes: [4096, 16384, 131072], depth: 24, bursts: [
    { calls: 600, idleMs: 3000 },
    { calls: 400, idleMs: 12_000 },
    { calls: 400, idleMs: 11_000 },
  ]}).run();
  const d = await replayText(m.text(1500), {params: 'io_buffer_pool.num_slots=64'});
  console.log(JSON.stringify(d.pool_agreement?.differences.slice(0,3)), d.pool_agreement?.in_use_before);
  require('fs').writeFileSync('/tmp/dbg.txt', m.text(1500));
  const m1 = new ModelMachine({ seed: 1, numSlots: 64, classes: [4096, 16384, 131072], depth: 24, bursts: [
    { calls: 600, idleMs: 3000 },
    { calls: 400, idleMs: 12_000 },
    { calls: 400, idleMs: 11_000 },
  ]}).run();
  const d1 = await replayText(m1.text(), {params: 'io_buffer_pool.num_slots=64'});
  console.log(d1.agreement, d1.recorded);
  require('fs').writeFileSync('/tmp/dbg1.txt', m1.text());
});
