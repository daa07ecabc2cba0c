// SPDX-License-Identifier: GPL-2.0-only
// Tests of execution context: CPUs, preemption, interrupts, and the report of sleeping where nothing may sleep.

import { expect } from 'chai';
import { GFP_KERNEL, OptionError, machine } from '@iommu-bounce/linux-shim';
import { catch_oops, leak_checked } from '@iommu-bounce/linux-shim/testing';

class thing {
  static readonly sizeof = 8;
  value = 0;
}

function allocate_wrongly(k: machine): void {
  k.slab.kfree(k.slab.kzalloc(thing, GFP_KERNEL));
}

class driver_c {
  constructor(private readonly k: machine) {}

  probe(): void {
    this.k.page_alloc.__free_page(this.k.page_alloc.alloc_pages(GFP_KERNEL, 0) as never);
  }
}

describe('context_c', () => {
  const { boot_machine } = leak_checked();

  it('keeps preemption depth and interrupt state for each CPU', () => {
    const k = boot_machine({ nr_cpus: 2 });
    k.context.preempt_disable();
    k.context.run_on_cpu(1);
    expect([k.context.smp_processor_id(), k.context.preempt_count()]).to.deep.equal([1, 0]);
    const flags = k.context.local_irq_save();
    k.context.run_on_cpu(0);
    expect([k.context.in_atomic(), k.context.irqs_disabled()]).to.deep.equal([true, false]);
    expect([k.context.total_preempt_count(), k.context.any_irqs_disabled()]).to.deep.equal([
      1,
      true,
    ]);
    k.context.preempt_enable();
    k.context.run_on_cpu(1);
    k.context.local_irq_restore(flags);
  });

  it('nests interrupt disabling through the saved flags', () => {
    const k = boot_machine();
    const outer = k.context.local_irq_save();
    const inner = k.context.local_irq_save();
    k.context.local_irq_restore(inner);
    expect(k.context.irqs_disabled()).to.equal(true);
    k.context.local_irq_restore(outer);
    expect(k.context.irqs_disabled()).to.equal(false);
  });

  it('oopses when preemption is enabled once too often', () => {
    const k = boot_machine();
    const e = catch_oops(() => {
      k.context.preempt_enable();
    });
    expect(e.message).to.equal('kernel BUG: preempt_count underflow');
  });

  it('refuses machines without a CPU, or with more than a kernel can have', () => {
    for (const nr_cpus of [0, -1, 1.5, 8193])
      expect(() => new machine({ nr_cpus })).to.throw(OptionError, '1 to 8192');
  });

  it('refuses a CPU that the machine lacks', () => {
    const k = boot_machine({ nr_cpus: 2 });
    for (const cpu of [-1, 2, 0.5])
      expect(() => {
        k.context.run_on_cpu(cpu);
      }).to.throw(OptionError, `cpu is ${String(cpu)}: expected a whole number from 0 to 1`);
  });
});

describe('might_sleep', () => {
  const { boot_machine } = leak_checked();

  it('says nothing in process context', () => {
    const k = boot_machine();
    k.context.might_sleep();
    expect(k.log.lines).to.deep.equal([]);
  });

  it('reports the function that called into the machine, and the state it was in', () => {
    const k = boot_machine();
    k.context.preempt_disable();
    allocate_wrongly(k);
    k.context.preempt_enable();
    const flags = k.context.local_irq_save();
    new driver_c(k).probe();
    k.context.local_irq_restore(flags);
    expect(k.log.sleeping_in_atomic).to.equal(2);
    expect(k.log.lines[0]?.text).to.match(
      /^BUG: sleeping function called from invalid context at allocate_wrongly \(context\.test\.ts:\d+\) \(in_atomic\(\): 1, irqs_disabled\(\): 0\)$/,
    );
    expect(k.log.lines[1]?.text).to.match(
      / at probe \(context\.test\.ts:\d+\) \(in_atomic\(\): 0, irqs_disabled\(\): 1\)$/,
    );
  });

  /** Reads a report made under a stack trace that the engine is made to give. */
  function place_in(stack: string): string {
    const k = boot_machine();
    const text = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
    Object.defineProperty(Error, 'prepareStackTrace', { configurable: true, value: () => stack });
    try {
      k.context.preempt_disable();
      k.context.might_sleep();
    } finally {
      k.context.preempt_enable();
      if (text) Object.defineProperty(Error, 'prepareStackTrace', text);
      else delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    }
    return /context at (.*) \(in_atomic/.exec(k.log.lines[0]?.text ?? '')?.[1] ?? '';
  }

  it('reads the frames of any engine, skipping its own', () => {
    const own = 'Error\n    at slab_c.kmalloc (/r/packages/linux-shim/src/slab.ts:1:2)\n';
    const built = '    at x.y (file:///r/node_modules/@iommu-bounce/linux-shim/dist/slab.js:1:2)\n';
    const cases: [string, string][] = [
      [
        `${own}${built}    at dma_iommu_c.map [as map_page] (/r/dma-iommu.ts:7:2)`,
        'map (dma-iommu.ts:7)',
      ],
      [
        `${own}    at new pool (C:\\r\\pool.ts:8:1)\n    at later (/r/x.ts:1:1)`,
        'pool (pool.ts:8)',
      ],
      [`${own}    at async Object.k.boot (/r/boot.js:9:1)`, 'boot (boot.js:9)'],
      [`${own}    at /r/main.js:3:14`, '<anonymous> (main.js:3)'],
      ['kmalloc@http://h/linux-shim/dist/slab.js:1:2\nmap@http://h/app.js:5:6', 'map (app.js:5)'],
      ['Error\n    nothing readable', 'unknown'],
    ];
    for (const [stack, place] of cases) expect(place_in(stack)).to.equal(place);
  });
});
